// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Ct;
import dev.nfkit.nftables.bytecode.Exthdr;
import dev.nfkit.nftables.bytecode.Meta;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.expression.ConnectionSelector;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.expression.RawPayload;
import dev.nfkit.nftables.expression.RawTcpOption;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.statement.Assignment;
import dev.nfkit.nftables.statement.InvalidRuleException;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.List;

/** Changes of packets and connections. */
final class Assignments {
    private static final int CHECKSUM_UNIT = 2;

    private final Code code;
    private final Operands operands;

    Assignments(Code code, Operands operands) {
        this.code = code;
        this.operands = operands;
    }

    /** The checksum that a header has. */
    private record Checksum(Payload.Checksum kind, int offset) {
        static final Checksum NONE = new Checksum(Payload.Checksum.NONE, 0);

        static Checksum of(HeaderProtocol protocol) {
            return switch (protocol) {
                case IP -> new Checksum(Payload.Checksum.INET, 10);
                case ICMP, ICMPV6, IGMP -> new Checksum(Payload.Checksum.INET, 2);
                case TCP -> new Checksum(Payload.Checksum.INET, 16);
                case UDP, UDPLITE -> new Checksum(Payload.Checksum.INET, 6);
                case SCTP -> new Checksum(Payload.Checksum.SCTP, 8);
                default -> NONE;
            };
        }
    }

    /** Bytes of the packet that are written. */
    private record Place(PayloadBase base, int offset, int bits, Checksum checksum, long flags) {}

    void compile(Assignment assignment) {
        Selector target = assignment.target();
        if (target instanceof HeaderField field) {
            write(place(field), assignment.value());
        } else if (target instanceof RawPayload raw) {
            write(new Place(raw.base(), raw.offset(), raw.bits(), Checksum.NONE, 0), assignment.value());
        } else {
            Form form = Form.of(target);
            int word = code.take(form.bytes());
            code.order(operands.load(assignment.value(), word, form), form.host());
            set(target, Code.register(word));
            code.release(word);
        }
    }

    private void set(Selector target, int register) {
        if (target instanceof dev.nfkit.nftables.expression.Meta meta) {
            code.add(new Meta.Set(Selectors.key(meta), register));
        } else if (target instanceof ConnectionSelector connection) {
            code.add(new Ct.Set(Selectors.key(connection.key()), Selectors.direction(connection), register));
        } else if (target instanceof ExtensionField field && field.header().family() == ExtensionHeader.Family.TCP) {
            writeOption(field.header().number(), field.offset(), field.bits(), register);
        } else if (target instanceof RawTcpOption raw) {
            writeOption(raw.kind(), raw.offset(), raw.bits(), register);
        } else {
            throw new InvalidRuleException("cannot be set: " + target);
        }
    }

    private void writeOption(int kind, int offset, int bits, int register) {
        if (offset % Byte.SIZE != 0 || bits % Byte.SIZE != 0) {
            throw new InvalidRuleException("only whole bytes of an option can be set");
        }
        code.add(new Exthdr.Write(Exthdr.Op.TCPOPT, kind, offset / Byte.SIZE, bits / Byte.SIZE, register));
    }

    private static Place place(HeaderField field) {
        Checksum checksum = Checksum.of(field.protocol());
        boolean pseudo = switch (field) {
            case IP_SADDR, IP_DADDR, IP_LENGTH, IP_PROTOCOL, IP6_SADDR, IP6_DADDR, IP6_LENGTH, IP6_NEXTHDR -> true;
            default -> false;
        };
        return new Place(
                field.protocol().base(), field.offset(), field.bits(), checksum, pseudo ? Payload.L4CSUM_PSEUDOHDR : 0);
    }

    private void write(Place place, Expression value) {
        boolean summed = place.checksum().kind() != Payload.Checksum.NONE;
        int first = place.offset() / Byte.SIZE;
        int end = (place.offset() + place.bits() + Byte.SIZE - 1) / Byte.SIZE;
        boolean whole = place.offset() % Byte.SIZE == 0 && place.bits() % Byte.SIZE == 0;
        boolean odd = summed && (first % CHECKSUM_UNIT != 0 || end % CHECKSUM_UNIT != 0);
        if (odd) {
            first -= first % CHECKSUM_UNIT;
            end += end % CHECKSUM_UNIT;
        }
        int word = code.take(end - first);
        if (whole && !odd) {
            code.order(operands.load(value, word, new Form(List.of(DataType.INTEGER), end - first, false)), false);
        } else {
            merge(place, value, word, first, end - first);
        }
        code.add(new Payload.Write(
                Selectors.base(place.base()),
                first,
                end - first,
                Code.register(word),
                place.checksum().kind(),
                place.checksum().offset(),
                place.flags()));
        code.release(word);
    }

    /** Loads the bytes around the bits, and replaces these. */
    private void merge(Place place, Expression value, int word, int first, int bytes) {
        if (!(value instanceof Constant constant)) {
            throw new InvalidRuleException("a field that is no whole bytes can be set to a constant only");
        }
        int shift = (first + bytes) * Byte.SIZE - place.offset() - place.bits();
        BigInteger kept = Selectors.ones(bytes * Byte.SIZE)
                .andNot(Selectors.ones(place.bits()).shiftLeft(shift));
        code.add(new Payload.Load(Selectors.base(place.base()), first, bytes, Code.register(word)));
        Operand operand = new Operand(word, bytes, false, 0);
        byte[] xor = ValueBytes.number(
                constant.value().shiftLeft(shift), bytes, false, ByteOrder.BIG_ENDIAN, constant.type());
        code.mask(operand, operands.bytes(kept, operand), xor);
    }
}
