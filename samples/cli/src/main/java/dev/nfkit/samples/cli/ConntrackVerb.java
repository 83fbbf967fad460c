package dev.nfkit.samples.cli;

/** What to do with a table. */
enum ConntrackVerb {
    /** Shows all entries, or some. */
    LIST("-L"),
    /** Shows what happens. */
    EVENT("-E"),
    /** Shows one entry. */
    GET("-G"),
    /** Makes an entry. */
    CREATE("-I"),
    /** Creates an entry, or changes the one that exists. */
    ADD("-A"),
    /** Carries out the commands of a file. */
    LOAD("-R"),
    /** Changes entries. */
    UPDATE("-U"),
    /** Removes entries. */
    DELETE("-D"),
    /** Removes all entries. */
    FLUSH("-F"),
    /** Shows the counters of each processor. */
    STATS("-S"),
    /** Shows how many entries there are. */
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
