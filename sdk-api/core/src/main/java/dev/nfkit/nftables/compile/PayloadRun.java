// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Cmp;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Match.Operator;
import dev.nfkit.nftables.statement.Statement;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Matches of neighbouring fields one after the other, which are loaded and compared together: {@code tcp sport 1 tcp
 * dport 2} is one comparison of four bytes. The kernel loads up to 4 bytes fast, except in the link layer: loads that are
 * fast are joined only if the result is.
 */
final class PayloadRun {
    private static final int FAST_BITS = 32;
    private static final int REGISTER_BITS = 128;

    private final HeaderProtocol protocol;
    private int count = 1;
    private int offset;
    private int bits;
    private BigInteger value;

    private PayloadRun(HeaderField field, BigInteger value) {
        this.protocol = field.protocol();
        this.offset = field.offset();
        this.bits = field.bits();
        this.value = value;
    }

    /** The run that begins with a match; a run of one if the next one cannot be joined. */
    static PayloadRun of(List<Statement> rule, int at) {
        Match first = (Match) rule.get(at);
        PayloadRun run = isJoinable(first)
                ? new PayloadRun((HeaderField) first.left(), constant(first).value())
                : new PayloadRun(HeaderField.IP_SADDR, BigInteger.ZERO);
        if (isJoinable(first)) {
            for (int i = at + 1; i < rule.size() && run.join(rule.get(i)); i++) {
                run.count++;
            }
        }
        return run;
    }

    int count() {
        return count;
    }

    void compile(Code code) {
        int bytes = bits / Byte.SIZE;
        int word = code.take(bytes);
        code.add(new Payload.Load(Selectors.base(protocol.base()), offset / Byte.SIZE, bytes, Code.register(word)));
        code.compare(Cmp.Op.EQ, word, ValueBytes.number(value, bytes, false, ByteOrder.BIG_ENDIAN, DataType.INTEGER));
        code.release(word);
    }

    private boolean join(Statement next) {
        if (!(next instanceof Match match) || !isJoinable(match)) {
            return false;
        }
        HeaderField field = (HeaderField) match.left();
        int total = bits + field.bits();
        boolean fast = protocol.base() != PayloadBase.LINK && bits <= FAST_BITS && field.bits() <= FAST_BITS;
        if (field.protocol() != protocol || total > (fast ? FAST_BITS : REGISTER_BITS)) {
            return false;
        }
        BigInteger added = constant(match).value();
        if (field.offset() == offset + bits) {
            value = value.shiftLeft(field.bits()).or(added);
        } else if (field.offset() + field.bits() == offset) {
            value = added.shiftLeft(bits).or(value);
            offset = field.offset();
        } else {
            return false;
        }
        bits = total;
        return true;
    }

    private static Constant constant(Match match) {
        return (Constant) match.right();
    }

    private static boolean isJoinable(Match match) {
        boolean equal = match.operator() == Operator.EQUAL || match.operator() == Operator.IMPLICIT;
        return equal
                && match.left() instanceof HeaderField field
                && field.offset() % Byte.SIZE == 0
                && field.bits() % Byte.SIZE == 0
                && match.right() instanceof Constant constant
                && (constant.type().kind() != DataType.Kind.BITS || match.operator() == Operator.EQUAL);
    }
}
