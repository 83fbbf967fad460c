package dev.nfkit.session;

import dev.nfkit.KernelRefusedException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel answered to a batch.
 *
 * @param refused the refused messages, in the order of the batch; empty if the batch was applied
 * @param complete false if answers were lost
 */
public record BatchAnswer(List<Refused> refused, boolean complete) {
    /**
     * A refused message.
     *
     * @param change the index of its change; −1 for the batch itself
     * @param type its {@code nlmsg_type}
     * @param reason errno, text and offset
     * @param path the types of the attributes that the offset lies in, from the outside in; empty if the kernel reported none
     */
    public record Refused(int change, int type, KernelRefusedException reason, List<Integer> path) {}

    /**
     * The first refusal of the batch itself, or else the first of all.
     *
     * @return null if there is none
     */
    public @Nullable Refused first() {
        return refused.isEmpty() ? null : refused.get(0);
    }
}
