// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.Bytes;
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
     * @param place the attribute that the kernel objects to
     */
    public record Refused(int change, int type, KernelRefusedException reason, Place place) {}

    /**
     * A place in a message that was sent.
     *
     * @param path the types of the attributes that contain it, from the outside in; empty if the kernel reported none
     * @param indexes for each of them, the number of attributes before it in its nest
     * @param value the value of the last of them
     */
    public record Place(List<Integer> path, List<Integer> indexes, Bytes value) {
        static final Place UNKNOWN = new Place(List.of(), List.of(), Bytes.of());

        /** Copies the lists. */
        public Place {
            path = List.copyOf(path);
            indexes = List.copyOf(indexes);
        }
    }

    /**
     * The first refusal of the batch itself, or else the first of all.
     *
     * @return null if there is none
     */
    public @Nullable Refused first() {
        return refused.isEmpty() ? null : refused.get(0);
    }
}
