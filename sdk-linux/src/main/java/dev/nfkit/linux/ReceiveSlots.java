package dev.nfkit.linux;

import dev.nfkit.socket.DatagramBatch;
import java.nio.ByteBuffer;

/**
 * The structures that {@code recvmmsg} takes for one batch: an array of mmsghdr, an iovec and a sender's address for
 * each slot. Built once; the kernel writes only lengths, flags and senders into it. It does not hold the batch, which
 * the caller keeps during the call.
 *
 * <p>Senders are only asked for where they can be others than the kernel: writing an address costs it as much as a
 * twelfth of all that a queued packet costs.
 */
final class ReceiveSlots {
    private static final int SENDER_SIZE = 16;

    private final int count;
    private final ByteBuffer headers;
    private final int senders;
    /** Held for its memory. */
    private final NativeBlock block;

    private boolean asked;

    ReceiveSlots(DatagramBatch batch) {
        count = batch.slots();
        int iovecs = count * Abi.MMSGHDR_SIZE;
        senders = iovecs + count * Abi.IOVEC_SIZE;
        block = new NativeBlock(senders + count * SENDER_SIZE);
        headers = block.bytes;
        long buffer = Machine.address(batch.buffer());
        for (int slot = 0; slot < count; slot++) {
            int header = slot * Abi.MMSGHDR_SIZE;
            int iovec = iovecs + slot * Abi.IOVEC_SIZE;
            headers.putLong(header + Abi.MSG_IOV, block.address + iovec);
            headers.putLong(header + Abi.MSG_IOVLEN, 1);
            headers.putLong(iovec + Abi.IOV_BASE, buffer + batch.slotOffset(slot));
            headers.putLong(iovec + Abi.IOV_LEN, batch.slotSize());
        }
    }

    /** Takes what is there into so many slots at most; how many, or −1 with errno. */
    int receive(int fd, int most, int flags, boolean askSenders) {
        if (askSenders && !asked) {
            askSenders();
        }
        return LibC.recvmmsg(fd, block.address, most, flags, 0);
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

    /** Whether the sender is the kernel, whose port id is 0, or was not asked for. */
    boolean fromKernel(int slot) {
        return !asked || headers.getInt(senders + slot * SENDER_SIZE + Abi.NL_PID) == 0;
    }
}
