// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

/** The commands on a table. */
public enum ConntrackVerb {
    /** Lists all entries, or the selected ones. */
    LIST("-L"),
    /** Prints events. */
    EVENT("-E"),
    /** Prints one entry. */
    GET("-G"),
    /** Creates an entry. */
    CREATE("-I"),
    /** Creates an entry, or changes the existing one. */
    ADD("-A"),
    /** Carries out the commands of a file. */
    LOAD("-R"),
    /** Changes entries. */
    UPDATE("-U"),
    /** Removes entries. */
    DELETE("-D"),
    /** Ends the sockets of connections. */
    KILL("--kill"),
    /** Removes all entries. */
    FLUSH("-F"),
    /** Prints the counters of each processor. */
    STATS("-S"),
    /** Prints the number of entries. */
    COUNT("-C");

    private final String option;

    ConntrackVerb(String option) {
        this.option = option;
    }

    /** The option that names it. */
    @Override
    public String toString() {
        return option;
    }
}
