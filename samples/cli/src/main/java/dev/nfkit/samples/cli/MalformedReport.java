package dev.nfkit.samples.cli;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.netfilter.MalformedHandler;
import org.jspecify.annotations.Nullable;

/** Prints each malformed message, up to a limit, counts all of them and keeps the first. One thread at a time. */
final class MalformedReport implements MalformedHandler {
    /** A recording may consist of nothing else. */
    static final int MOST_LINES = 100;

    private final String name;
    private @Nullable MalformedMessageException first;
    private long count;

    /**
     * A report of nothing yet.
     *
     * @param name what the messages are read from
     */
    MalformedReport(String name) {
        this.name = name;
    }

    /** Takes a malformed message whose place is not known, such as one that a session met. */
    @Override
    public void malformed(MalformedMessageException problem) {
        take("", problem);
    }

    /** Takes a malformed message of an entry of the recording; the first entry has the number 1. */
    void malformed(long entry, MalformedMessageException problem) {
        take("entry " + entry + ": ", problem);
    }

    private void take(String where, MalformedMessageException problem) {
        count++;
        if (first == null) {
            first = problem;
        }
        if (count <= MOST_LINES) {
            Messages.print("nfkit: " + name + ": " + where + problem.getMessage());
        } else if (count == MOST_LINES + 1) {
            Messages.print("nfkit: " + name + ": more of them are counted, but not printed");
        }
    }

    long count() {
        return count;
    }

    @Nullable
    MalformedMessageException first() {
        return first;
    }
}
