// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

/**
 * Connection tracking's counters of dropped packets, summed over all processors, since the network namespace was
 * created. Both have 32 bits in the kernel and wrap; only differences are meaningful.
 *
 * @param insertFailed {@code insert_failed}: entries that could not be put into the table
 * @param drop {@code drop}: packets that were dropped
 */
public record ConntrackDrops(long insertFailed, long drop) {
    private static final long WRAP = 0xffff_ffffL;

    /**
     * The number of packets that were dropped since an earlier reading because the table already held an entry with the
     * same tuple: {@code nf_ct_resolve_clash} in {@code nf_conntrack_core.c} then increments both counters.
     *
     * @param before the earlier reading, in the same namespace
     * @return a count, at most 2³²−1; too high if other packets were dropped and other insertions failed in the same
     *     period
     */
    public long clashesSince(ConntrackDrops before) {
        return Math.min((insertFailed - before.insertFailed) & WRAP, (drop - before.drop) & WRAP);
    }
}
