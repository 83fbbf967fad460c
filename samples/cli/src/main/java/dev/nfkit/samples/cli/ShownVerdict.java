package dev.nfkit.samples.cli;

/** What became of a packet, shown beside it. */
interface ShownVerdict {
    /** Writes the members of an object. */
    void members(JsonObject json);

    /** Writes what stands behind an arrow, for people. */
    void describe(StringBuilder line);
}
