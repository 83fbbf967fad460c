// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Passes a datagram's bytes to {@code send}. A direct buffer is passed by its address, which is cached for the next
 * send of the same buffer, because reading it allocates; a heap buffer is copied to a reused direct one. Any number of
 * threads.
 */
final class Outbound {
    private record Known(ByteBuffer buffer, long address) {}

    private volatile @Nullable Known known;
    private final AtomicReference<@Nullable NativeBlock> spare = new AtomicReference<>();

    /** Sends the remaining bytes of the buffer to the kernel; returns the result of {@code send}, −1 with errno. */
    long send(int fd, ByteBuffer datagram) {
        int length = datagram.remaining();
        if (datagram.isDirect()) {
            try {
                return LibC.send(fd, address(datagram) + datagram.position(), length, Abi.MSG_DONTWAIT);
            } finally {
                Reference.reachabilityFence(datagram);
            }
        }
        NativeBlock block = spare.getAndSet(null);
        if (block == null || block.bytes.capacity() < length) {
            block = new NativeBlock(Math.max(4096, length));
        }
        block.bytes.put(0, datagram, datagram.position(), length);
        long sent = LibC.send(fd, block.address, length, Abi.MSG_DONTWAIT);
        spare.set(block); // this also keeps it valid up to here
        return sent;
    }

    @SuppressWarnings("ReferenceEquality") // equal bytes may lie elsewhere
    private long address(ByteBuffer direct) {
        Known last = known;
        if (last != null && last.buffer == direct) {
            return last.address;
        }
        long address = Machine.address(direct);
        known = new Known(direct, address);
        return address;
    }

    /** Forgets the buffer last sent. */
    void forget() {
        known = null;
        spare.set(null);
    }
}
