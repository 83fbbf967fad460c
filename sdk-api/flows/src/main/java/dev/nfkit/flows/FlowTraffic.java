// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

/**
 * What one direction of a connection carried, as the kernel counts it: bytes from the IP header on.
 *
 * @param packets packets since the connection began
 * @param bytes bytes since the connection began
 * @param deltaPackets packets since the flow's previous record
 * @param deltaBytes bytes since the flow's previous record
 */
public record FlowTraffic(long packets, long bytes, long deltaPackets, long deltaBytes) {
    /** Nothing. */
    public static final FlowTraffic NONE = new FlowTraffic(0, 0, 0, 0);

    /**
     * Verifies the numbers.
     *
     * @throws IllegalArgumentException if one is negative, or a delta exceeds its total
     */
    public FlowTraffic {
        require("deltaPackets", deltaPackets, "packets", packets);
        require("deltaBytes", deltaBytes, "bytes", bytes);
    }

    private static void require(String deltaName, long delta, String totalName, long total) {
        if (delta < 0 || total < delta) {
            throw new IllegalArgumentException(
                    deltaName + " is from 0 to " + totalName + " (" + total + "), not " + delta);
        }
    }

    /**
     * The traffic of a connection with one record.
     *
     * @param packets its packets, from 0
     * @param bytes its bytes, from 0
     * @return totals that are also the deltas
     */
    public static FlowTraffic whole(long packets, long bytes) {
        return new FlowTraffic(packets, bytes, packets, bytes);
    }
}
