// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import java.util.List;

/**
 * The kernel refused a batch of changes, and applied none of them. The kernel checks a batch to its end, so that all
 * refused changes are known at once; those that only fail because of an earlier one are among them.
 *
 * <p>The members of {@link KernelRefusedException} describe the first refused change.
 *
 * <p>Follows {@code nfnetlink_rcv_batch} in {@code net/netfilter/nfnetlink.c}.
 */
public final class BatchRefusedException extends KernelRefusedException {
    private static final long serialVersionUID = 1L;
    private static final int NO_INDEX = -1;

    private final transient List<RefusedChange> refused;
    private final boolean complete;

    /**
     * Describes a refused batch.
     *
     * @param refused the refused changes, in the order of the batch, at least one
     * @param offset the offset of the attribute that the kernel objects to, in bytes from the start of the first refused
     *     change's message, or −1 if unknown
     * @param complete false if answers of the kernel were lost, so that more changes may have been refused
     */
    public BatchRefusedException(List<RefusedChange> refused, int offset, boolean complete) {
        super(
                request(refused, complete),
                refused.get(0).errno(),
                refused.get(0).text(),
                offset,
                refused.get(0).refusal(),
                refused.get(0).explanation());
        this.refused = List.copyOf(refused);
        this.complete = complete;
    }

    private static String request(List<RefusedChange> refused, boolean complete) {
        RefusedChange first = refused.get(0);
        String place = first.index() == NO_INDEX ? "" : " (change " + first.index() + " of the batch)";
        int others = refused.size() - 1;
        String more = others == 0 ? "" : ", and " + (complete ? "" : "at least ") + others + " more refused";
        return first.inText() + place + more;
    }

    /**
     * The refused changes.
     *
     * @return in the order of the batch, at least one; immutable. Index −1 is the batch as a whole. Empty only after
     *     serialization
     */
    public List<RefusedChange> refused() {
        return refused == null ? List.of() : refused;
    }

    /**
     * Whether all refused changes are known.
     *
     * @return false if the receive buffer was too small for the kernel's answers
     */
    public boolean complete() {
        return complete;
    }
}
