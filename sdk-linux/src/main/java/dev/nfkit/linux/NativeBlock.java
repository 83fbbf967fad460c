// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A piece of zeroed native memory in the machine's byte order, with its address. It is valid as long as this object is
 * reachable: code that passes the address on must keep the object.
 */
final class NativeBlock {
    final ByteBuffer bytes;
    final long address;

    NativeBlock(int size) {
        // Eight bytes more, so that members of eight bytes can be aligned.
        ByteBuffer raw = ByteBuffer.allocateDirect(size + 8);
        int skip = (int) (-Machine.address(raw) & 7);
        bytes = raw.slice(skip, size).order(ByteOrder.nativeOrder());
        address = Machine.address(raw) + skip;
    }

    /** Keeps the memory valid up to here: to be called at the end of a method that passed the address to a call. */
    @SuppressWarnings("ReachabilityFenceUsage") // if the call throws, the memory is no longer used
    void keep() {
        Reference.reachabilityFence(this);
    }

    /** Text with a NUL at its end. */
    static NativeBlock string(String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        NativeBlock block = new NativeBlock(encoded.length + 1);
        block.bytes.put(0, encoded);
        return block;
    }
}
