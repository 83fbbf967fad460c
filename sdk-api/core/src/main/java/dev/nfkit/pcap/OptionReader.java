package dev.nfkit.pcap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Walks the options of one block. The fields are those of the option that the last {@link #next()} found. */
final class OptionReader {
    private final ByteSource source;
    private final ByteBuffer body;
    private final long bodyOffset;
    private int next;
    private int code;
    private int start;
    private int length;

    /** Options from a place in a block's body, which lies at an offset of the file. */
    OptionReader(ByteSource source, ByteBuffer body, long bodyOffset, int start) {
        this.source = source;
        this.body = body;
        this.bodyOffset = bodyOffset;
        this.next = start;
    }

    boolean next() throws PcapFormatException {
        int left = body.limit() - next;
        if (left == 0) {
            return false;
        }
        if (left < 4) {
            throw source.wrong(bodyOffset + next, "an option's header of 4 bytes", left + " bytes");
        }
        code = body.getShort(next) & 0xffff;
        length = body.getShort(next + 2) & 0xffff;
        if (code == Pcapng.OPT_END) {
            return false;
        }
        if (length > left - 4) {
            throw source.wrong(
                    bodyOffset + next, "option " + code + " of at most " + (left - 4) + " bytes", length + " bytes");
        }
        start = next + 4;
        next = Math.min(body.limit(), start + Pcapng.align(length));
        return true;
    }

    int code() {
        return code;
    }

    int length() {
        return length;
    }

    /** The first byte of the value. */
    int u8() throws PcapFormatException {
        return body.get(value(1)) & 0xff;
    }

    long u32() throws PcapFormatException {
        return body.getInt(value(4)) & 0xffff_ffffL;
    }

    long u64() throws PcapFormatException {
        return body.getLong(value(8));
    }

    /** A time: the upper half comes first, whatever the byte order. */
    long time() throws PcapFormatException {
        int at = value(8);
        return ((long) body.getInt(at) << 32) | (body.getInt(at + 4) & 0xffff_ffffL);
    }

    private int value(int size) throws PcapFormatException {
        if (length < size) {
            throw source.wrong(bodyOffset + start - 4, "option " + code + " of " + size + " bytes", length + " bytes");
        }
        return start;
    }

    String text() {
        return text(0);
    }

    String text(int skipped) {
        byte[] bytes = new byte[Math.max(0, length - skipped)];
        body.get(start + Math.min(skipped, length), bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The first of several texts counts. */
    static String first(@Nullable String earlier, String text) {
        return earlier == null ? text : earlier;
    }
}
