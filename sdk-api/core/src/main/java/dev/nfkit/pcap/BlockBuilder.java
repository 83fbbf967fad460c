// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Builds one block other than a packet's. Such blocks are rare, so it may allocate. */
final class BlockBuilder {
    /** The usual size of a block; small, because a recording may have many interfaces, one for each socket. */
    private static final int USUAL = 512;

    private ByteBuffer block;
    private boolean options;

    BlockBuilder(int type, ByteOrder order) {
        block = ByteBuffer.allocate(USUAL).order(order);
        block.putInt(type).putInt(0);
    }

    private ByteBuffer reserve(int count) {
        if (block.remaining() < count) {
            int size = Math.max(2 * block.capacity(), block.position() + count);
            block = ByteBuffer.allocate(size).order(block.order()).put(block.flip());
        }
        return block;
    }

    BlockBuilder u16(int value) {
        reserve(2).putShort((short) value);
        return this;
    }

    BlockBuilder u32(int value) {
        reserve(4).putInt(value);
        return this;
    }

    BlockBuilder u64(long value) {
        reserve(8).putLong(value);
        return this;
    }

    /** A time: the upper half first, whatever the byte order. */
    BlockBuilder time(long value) {
        return u32((int) (value >>> 32)).u32((int) value);
    }

    BlockBuilder text(int code, String name, Optional<String> value) {
        if (value.isPresent()) {
            option(code, encode(name, value.get()));
        }
        return this;
    }

    BlockBuilder option(int code, byte... value) {
        options = true;
        u16(code).u16(value.length);
        reserve(value.length).put(value);
        pad();
        return this;
    }

    BlockBuilder timeOption(int code, OptionalLong value) {
        if (value.isPresent()) {
            options = true;
            u16(code).u16(8).time(value.getAsLong());
        }
        return this;
    }

    BlockBuilder countOption(int code, OptionalLong value) {
        if (value.isPresent()) {
            options = true;
            u16(code).u16(8).u64(value.getAsLong());
        }
        return this;
    }

    private void pad() {
        while ((block.position() & 3) != 0) {
            reserve(1).put((byte) 0);
        }
    }

    void writeTo(BlockOutput output) throws IOException {
        if (options) {
            u32(Pcapng.OPT_END);
        }
        int length = block.position() + 4;
        u32(length);
        block.putInt(4, length);
        ByteBuffer buffer = output.reserve(length);
        buffer.put(output.at(), block, 0, length);
        output.commit(length, false);
    }

    /** A text as an option's value. */
    static byte[] encode(String name, @Nullable String text) {
        byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 0xffff) {
            throw new IllegalArgumentException(
                    name + " has " + bytes.length + " bytes of UTF-8, but an option holds at most 65535");
        }
        return bytes;
    }
}
