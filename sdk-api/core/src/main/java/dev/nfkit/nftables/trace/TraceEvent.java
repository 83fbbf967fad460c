// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

/** A trace message, or a loss of trace messages. */
public sealed interface TraceEvent permits TraceStep, TraceEvent.Overrun {
    /**
     * An event that stays valid.
     *
     * @return an owned copy, or this event if it is owned
     * @throws IllegalStateException if its callback has returned
     */
    TraceEvent copy();

    /**
     * Messages were lost here. Messages after it may belong to packets whose beginning is missing, and paths of packets
     * before it may lack their end.
     *
     * @param lost the number of lost messages; 0 if the kernel reported a loss without any
     */
    record Overrun(long lost) implements TraceEvent {
        /** A loss is owned. */
        @Override
        public Overrun copy() {
            return this;
        }
    }
}
