// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.socket.DatagramBatch;
import java.nio.ByteBuffer;

/**
 * The structures that {@code recvmmsg} takes for one batch: an array of mmsghdr, an iovec and a sender's address for
 * each slot. Built once; only lengths, flags and senders are written into it, by the kernel, or in the same way by a
 * receive of a single datagram. It does not reference the batch, which the caller keeps reachable during the call.
 *
 * <p>Senders are only requested if there may be foreign ones: writing an address takes the kernel a twelfth of the
 * total cost of a queued packet.
 */
final class ReceiveSlots {
    private static final int SENDER_SIZE = 16;

    private final int count;
    private final ByteBuffer headers;
    private final long first;
    private final int slotSize;
    private final int senders;
    /** Referenced to keep its memory. */
    private final NativeBlock block;

    private boolean asked;

    ReceiveSlots(DatagramBatch batch) {
        count = batch.slots();
        int iovecs = count * Abi.MMSGHDR_SIZE;
        senders = iovecs + count * Abi.IOVEC_SIZE;
        block = new NativeBlock(senders + count * SENDER_SIZE);
        headers = block.bytes;
        long buffer = Machine.address(batch.buffer());
        first = buffer + batch.slotOffset(0);
        slotSize = batch.slotSize();
        for (int slot = 0; slot < count; slot++) {
            int header = slot * Abi.MMSGHDR_SIZE;
            int iovec = iovecs + slot * Abi.IOVEC_SIZE;
            headers.putLong(header + Abi.MSG_IOV, block.address + iovec);
            headers.putLong(header + Abi.MSG_IOVLEN, 1);
            headers.putLong(iovec + Abi.IOV_BASE, buffer + batch.slotOffset(slot));
            headers.putLong(iovec + Abi.IOV_LEN, batch.slotSize());
        }
    }

    /** Receives available datagrams into a maximum number of slots; returns their number, or −1 with errno. */
    int receive(int fd, int most, int flags, boolean askSenders) {
        if (askSenders && !asked) {
            askSenders();
        }
        return most == 1 && !asked ? receiveOne(fd, flags) : LibC.recvmmsg(fd, block.address, most, flags, 0);
    }

    /** Receives by {@code recv}, which takes a fifth less time than {@code recvmmsg} for one datagram or none. */
    private int receiveOne(int fd, int flags) {
        long length = LibC.recv(fd, first, slotSize, (flags & Abi.MSG_DONTWAIT) | Abi.MSG_TRUNC);
        if (length < 0) {
            return -1;
        }
        headers.putInt(Abi.MMSG_LEN, (int) Math.min(length, slotSize));
        headers.putInt(Abi.MSG_FLAGS, length > slotSize ? Abi.MSG_TRUNC : 0);
        return 1;
    }

    private void askSenders() {
        asked = true;
        for (int slot = 0; slot < count; slot++) {
            int header = slot * Abi.MMSGHDR_SIZE;
            headers.putLong(header + Abi.MSG_NAME, block.address + senders + (long) slot * SENDER_SIZE);
            headers.putInt(header + Abi.MSG_NAMELEN, Abi.SOCKADDR_NL_SIZE);
        }
    }

    int count() {
        return count;
    }

    int length(int slot) {
        return headers.getInt(slot * Abi.MMSGHDR_SIZE + Abi.MMSG_LEN);
    }

    boolean truncated(int slot) {
        return (headers.getInt(slot * Abi.MMSGHDR_SIZE + Abi.MSG_FLAGS) & Abi.MSG_TRUNC) != 0;
    }

    /** Whether the sender is the kernel, whose port id is 0, or was not requested. */
    boolean fromKernel(int slot) {
        return !asked || headers.getInt(senders + slot * SENDER_SIZE + Abi.NL_PID) == 0;
    }
}
