// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

/**
 * A batch was to be applied to one generation of the ruleset only, and another process changed the ruleset in between.
 * Nothing was applied. Read the ruleset again and repeat the batch.
 *
 * <p>Follows {@code nfnetlink_rcv_batch} in {@code net/netfilter/nfnetlink.c}: {@code NFNL_BATCH_GENID} and ERESTART.
 */
public final class GenerationMovedException extends KernelRefusedException {
    private static final long serialVersionUID = 1L;

    private final long expected;

    /**
     * Describes a batch that came too late.
     *
     * @param request the batch in words
     * @param expected the generation it was made for, 1 to 2³²−1
     */
    public GenerationMovedException(String request, long expected) {
        super(
                request,
                Errno.ERESTART,
                null,
                -1,
                Refusal.GENERATION_MOVED,
                "the ruleset is no longer of generation " + expected
                        + ": another process changed it; read it again and repeat the batch");
        this.expected = expected;
    }

    /**
     * The generation that the batch was made for.
     *
     * @return 1 to 2³²−1
     */
    public long expected() {
        return expected;
    }
}
