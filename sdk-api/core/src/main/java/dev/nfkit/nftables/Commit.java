// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import java.util.Map;
import java.util.OptionalLong;

/** A batch that was applied. Immutable. */
public final class Commit {
    private final long generation;
    private final Map<Integer, Long> handles;

    Commit(long generation, Map<Integer, Long> handles) {
        this.generation = generation;
        this.handles = Map.copyOf(handles);
    }

    /**
     * The state of the ruleset that the batch made, for {@link Batch#onlyIf} of the next one.
     *
     * @return the generation's id, 1 to 2³²−1
     */
    public long generation() {
        return generation;
    }

    /**
     * The handle of the object that a change made, if the batch asked for {@linkplain Batch#returnHandles() handles}.
     *
     * @param change the change's place in the batch, from 0
     * @return the handle; empty if the batch did not ask, the change made no object, or the object has none
     */
    public OptionalLong handle(int change) {
        Long handle = handles.get(change);
        return handle == null ? OptionalLong.empty() : OptionalLong.of(handle);
    }

    /**
     * The generation and the number of handles.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return "Commit(generation " + generation + ", " + handles.size() + " handles)";
    }
}
