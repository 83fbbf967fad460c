// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.statement.InvalidRuleException;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Values as the bytes of a register. */
final class ValueBytes {
    private ValueBytes() {}

    /** A constant or text of a size, in host or network order. */
    static byte[] of(Expression value, int bytes, boolean host, int shift, ByteOrder machine) {
        if (value instanceof Constant constant) {
            return number(shifted(constant, shift), bytes, host, machine, constant.type());
        }
        if (value instanceof Text text) {
            return Arrays.copyOf(utf8(text), bytes);
        }
        throw new InvalidRuleException("a value is a constant here, not " + value);
    }

    static byte[] number(BigInteger value, int bytes, boolean host, ByteOrder machine, DataType type) {
        if (value.bitLength() > bytes * Byte.SIZE) {
            throw new InvalidRuleException(
                    type.text() + " " + value + " exceeds the " + bytes + " bytes that it is compared with");
        }
        byte[] result = new byte[bytes];
        byte[] magnitude = value.toByteArray();
        boolean little = host && machine == ByteOrder.LITTLE_ENDIAN;
        for (int i = 0; i < bytes; i++) {
            int at = magnitude.length - 1 - i;
            result[little ? i : bytes - 1 - i] = at < 0 ? 0 : magnitude[at];
        }
        return result;
    }

    static byte[] utf8(Text text) {
        return text.text().getBytes(StandardCharsets.UTF_8);
    }

    private static BigInteger shifted(Constant constant, int shift) {
        return constant.value().shiftLeft(shift);
    }
}
