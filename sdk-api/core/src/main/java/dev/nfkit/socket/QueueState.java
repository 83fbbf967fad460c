// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

/**
 * The kernel's state of one NFQUEUE queue, a line of {@code /proc/net/netfilter/nfnetlink_queue}.
 */
public record QueueState(
        int queue,
        long portId,
        long waiting,
        int copyMode,
        long copyRange,
        long queueDropped,
        long userDropped,
        long lastId) {
    /**
     * A queue's state.
     *
     * @param queue the queue, 0 to 65535
     * @param portId the port id of the socket that owns it
     * @param waiting packets that wait for their verdict
     * @param copyMode 0 none, 1 metadata, 2 packet
     * @param copyRange the most bytes of a packet that are copied
     * @param queueDropped packets dropped because the queue was full
     * @param userDropped packets dropped because the owner's receive buffer was full
     * @param lastId the last assigned id
     */
    public QueueState {}

    /**
     * The queue.
     *
     * @return 0 to 65535
     */
    @Override
    public int queue() {
        return queue;
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
     * Packets that wait for their verdict, received or not.
     *
     * @return a count
     */
    @Override
    public long waiting() {
        return waiting;
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
     * Packets dropped because the queue was full. With fail-open they pass and are counted nowhere.
     *
     * @return a count, of 32 bits in the kernel
     */
    @Override
    public long queueDropped() {
        return queueDropped;
    }

    /**
     * Packets dropped because the owner's receive buffer was full. With fail-open they pass and are counted nowhere.
     *
     * @return a count, of 32 bits in the kernel
     */
    @Override
    public long userDropped() {
        return userDropped;
    }

    /**
     * The id of the last queued packet.
     *
     * @return 0 to 2³²−1; 0 before the first
     */
    @Override
    public long lastId() {
        return lastId;
    }
}
