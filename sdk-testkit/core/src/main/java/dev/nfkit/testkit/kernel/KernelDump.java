// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import dev.nfkit.testkit.message.Datagrams;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.BufferOverflowException;
import org.jspecify.annotations.Nullable;

/**
 * A dump in progress, as {@code netlink_dump} writes it: one datagram when it is requested, then one more whenever the
 * socket has received one and half of its space is free, and at last NLMSG_DONE alone. The first datagram is small; the
 * others are as large as the receiver's slots, at most 32448 bytes. Requires the clock's lock.
 */
public final class KernelDump {
    private static final int NLM_F_DUMP_FILTERED = 0x20;

    private static final int LARGEST = 32768 - ReceiveBuffer.SHARED_INFO;
    private static final int SMALLEST = 4096 - ReceiveBuffer.SHARED_INFO;

    /** A message of the dump. */
    public interface Row {
        /** Writes the complete message. */
        void write(MessageWriter writer, int flags);

        /** Called when the message has been written. */
        default void written() {}
    }

    /** The contents of a dump. */
    public interface Rows {
        /** The next row, or null at the end. */
        @Nullable
        Row next();

        /** Whether the contents have changed since the dump began, and the kernel reports it. */
        boolean interrupted();
    }

    private final KernelSocket socket;
    private final long sequence;
    private final Rows rows;
    private final int flags;
    private @Nullable Row pending;

    public KernelDump(KernelSocket socket, ParsedMessage request, Rows rows, boolean filtered) {
        this.socket = socket;
        this.sequence = request.sequence();
        this.rows = rows;
        this.flags = Netlink.NLM_F_MULTI | (filtered ? NLM_F_DUMP_FILTERED : 0);
    }

    /**
     * Writes the next datagram.
     *
     * @param slot the largest slot into which the socket has received so far
     * @return whether more datagrams follow
     */
    boolean step(int slot) {
        int capacity = Math.max(SMALLEST, Math.min(slot, LARGEST));
        MessageWriter writer = new MessageWriter(capacity, socket.order());
        int interrupted = rows.interrupted() ? Netlink.NLM_F_DUMP_INTR : 0;
        Row row = pending == null ? rows.next() : pending;
        pending = null;
        while (row != null) {
            try {
                row.write(writer, flags | interrupted);
            } catch (BufferOverflowException e) {
                writer.abandon();
                pending = row;
                break;
            }
            row.written();
            row = rows.next();
        }
        boolean done = writer.length() == 0;
        if (done) {
            if (pending != null) {
                throw new IllegalStateException("an entry of a dump is more than " + capacity + " bytes");
            }
            writer.begin(
                            Netlink.NLMSG_DONE,
                            Netlink.NLM_F_MULTI | (rows.interrupted() ? Netlink.NLM_F_DUMP_INTR : 0),
                            sequence,
                            socket.portId())
                    .rawHost32(0)
                    .end();
        }
        socket.deliverDumped(Datagrams.bytes(writer), ReceiveBuffer.charge(capacity));
        return !done;
    }
}
