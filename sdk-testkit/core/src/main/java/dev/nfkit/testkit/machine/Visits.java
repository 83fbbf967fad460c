package dev.nfkit.testkit.machine;

/** Follows the execution of rules. */
public interface Visits {
    /** A rule was executed, to its end if it matched. */
    void visited(CodeRule rule, boolean matched);
}
