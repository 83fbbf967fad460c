// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

/**
 * The kernel's state of one NFLOG group, a line of {@code /proc/net/netfilter/nfnetlink_log}.
 */
public record GroupState(
        int group, long portId, long queued, int copyMode, long copyRange, long flushTimeout, long useCount) {
    /**
     * A group's state.
     *
     * @param group the group, 0 to 65535
     * @param portId the port id of the socket that owns it
     * @param queued packets that the kernel holds for the next datagram
     * @param copyMode 0 none, 1 metadata, 2 packet
     * @param copyRange the most bytes of a packet that are copied
     * @param flushTimeout the longest that a packet is held, in 1/100 s
     * @param useCount references that the kernel holds to it
     */
    public GroupState {}

    /**
     * The group.
     *
     * @return 0 to 65535
     */
    @Override
    public int group() {
        return group;
    }

    /**
     * The port id of the socket that owns it.
     *
     * @return 1 to 2³²−1
     */
    @Override
    public long portId() {
        return portId;
    }

    /**
     * Packets that the kernel holds for the next datagram.
     *
     * @return a count
     */
    @Override
    public long queued() {
        return queued;
    }

    /**
     * The copy mode.
     *
     * @return 0 none, 1 metadata, 2 packet
     */
    @Override
    public int copyMode() {
        return copyMode;
    }

    /**
     * The copy range.
     *
     * @return the most bytes of a packet that are copied
     */
    @Override
    public long copyRange() {
        return copyRange;
    }

    /**
     * The longest that a packet is held.
     *
     * @return a time in 1/100 s
     */
    @Override
    public long flushTimeout() {
        return flushTimeout;
    }

    /**
     * References that the kernel holds to it.
     *
     * @return a count
     */
    @Override
    public long useCount() {
        return useCount;
    }
}
