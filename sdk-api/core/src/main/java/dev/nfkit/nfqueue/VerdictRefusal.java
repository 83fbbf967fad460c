// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.Errno;

/**
 * The kernel's refusal of a verdict, tied to its packet.
 */
public record VerdictRefusal(int queue, long packetId, boolean batch, Errno errno) {
    /**
     * A refusal.
     *
     * @param queue the queue, 0 to 65535
     * @param packetId the packet's id, 0 to 2³²−1
     * @param batch whether the verdict was for all packets up to that id
     * @param errno the kernel's reason
     */
    public VerdictRefusal {}

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
     * The packet's id.
     *
     * @return 0 to 2³²−1
     */
    @Override
    public long packetId() {
        return packetId;
    }

    /**
     * Whether the verdict was for all packets up to that id.
     *
     * @return whether it was sent as {@code NFQNL_MSG_VERDICT_BATCH}
     */
    @Override
    public boolean batch() {
        return batch;
    }

    /**
     * The kernel's reason. ENOENT: the packet no longer waits, because its interface went down or its rule was removed,
     * and the kernel has dropped it. EINVAL: a change was invalid, such as a link-layer header of another length, and
     * the kernel has dropped the packet. EPERM: the process has lost CAP_NET_ADMIN, and the packet still waits.
     *
     * @return the errno
     */
    @Override
    public Errno errno() {
        return errno;
    }
}
