package dev.nfkit.socket;

/**
 * What connection tracking counts of packets that it drops, over all processors, since the network namespace began. Both
 * are of 32 bits in the kernel and wrap; only differences say anything.
 *
 * @param insertFailed {@code insert_failed}: entries that could not be put into the table
 * @param drop {@code drop}: packets that were dropped
 */
public record ConntrackDrops(long insertFailed, long drop) {
    private static final long WRAP = 0xffff_ffffL;

    /**
     * The packets that were dropped since an earlier look because the table held an entry of the same tuple already:
     * {@code nf_ct_resolve_clash} in {@code nf_conntrack_core.c} then counts in both.
     *
     * @param before the earlier look, in the same namespace
     * @return a count, at most 2³²−1; too high if at the same time other packets were dropped and other insertions failed
     */
    public long clashesSince(ConntrackDrops before) {
        return Math.min((insertFailed - before.insertFailed) & WRAP, (drop - before.drop) & WRAP);
    }
}
