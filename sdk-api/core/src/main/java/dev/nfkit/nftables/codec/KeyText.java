// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.expression.Wildcard;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Elements' keys as short text, for messages, and names of devices as keys. */
public final class KeyText {
    private static final int NAME_BYTES = 15;

    private KeyText() {}

    /**
     * A key as text, not made safe to print.
     *
     * @param key the key
     * @return text such as {@code 10.0.0.1 . 80}
     */
    public static String of(Expression key) {
        if (key instanceof Constant constant) {
            return constant(constant);
        }
        if (key instanceof Text text) {
            return text.text() + (text.open() ? "*" : "");
        }
        if (key instanceof Prefix prefix) {
            return constant(prefix.first()) + "/" + prefix.length();
        }
        if (key instanceof Interval interval) {
            return constant(interval.from()) + "-" + constant(interval.to());
        }
        if (key instanceof Concatenation concatenation) {
            return String.join(
                    " . ", concatenation.parts().stream().map(KeyText::of).toList());
        }
        return key instanceof Wildcard ? "*" : key.toString();
    }

    private static String constant(Constant constant) {
        int bytes = constant.type() == DataType.IPV4_ADDR ? 4 : constant.type() == DataType.IPV6_ADDR ? 16 : 0;
        if (bytes == 0) {
            return constant.value().toString();
        }
        byte[] address = new byte[bytes];
        BigInteger left = constant.value();
        for (int i = bytes - 1; i >= 0; i--) {
            address[i] = left.byteValue();
            left = left.shiftRight(Byte.SIZE);
        }
        try {
            return InetAddress.getByAddress(address).getHostAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** The text of a row of bytes; null if it is none that could be written again. */
    static @Nullable Text read(DataType type, byte[] low, byte[] high) {
        int end = 0;
        while (end < low.length && low[end] != 0) {
            end++;
        }
        boolean open = !Arrays.equals(low, high);
        byte[] last = Arrays.copyOf(low, high.length);
        if (open) {
            Arrays.fill(last, end, last.length, (byte) 0xff);
        }
        boolean padded = new BigInteger(1, Arrays.copyOfRange(low, end, low.length)).signum() == 0;
        if (!padded
                || !Arrays.equals(last, high)
                || (end == 0 && !open)
                || (type == DataType.IFNAME && end > NAME_BYTES)) {
            return null;
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(low, 0, end))
                    .toString();
            return new Text(type, text, open);
        } catch (CharacterCodingException | IllegalArgumentException e) {
            return null;
        }
    }
}
