// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.RawPayload;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.statement.Assignment;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.VerdictLookup;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Gives places in the packet the names of the fields that are there, as nft does if it knows the protocol. */
final class RawFields {
    private final Map<PayloadBase, HeaderProtocol> known = new EnumMap<>(PayloadBase.class);

    RawFields(AddressFamily family) {
        known.put(PayloadBase.TRANSPORT, HeaderProtocol.TH);
        if (family == AddressFamily.IPV4) {
            known.put(PayloadBase.NETWORK, HeaderProtocol.IP);
        } else if (family == AddressFamily.IPV6) {
            known.put(PayloadBase.NETWORK, HeaderProtocol.IP6);
        } else if (family == AddressFamily.ARP) {
            known.put(PayloadBase.NETWORK, HeaderProtocol.ARP);
        } else if (family == AddressFamily.BRIDGE || family == AddressFamily.NETDEV) {
            known.put(PayloadBase.LINK, HeaderProtocol.ETHER);
        }
    }

    List<Statement> named(List<Statement> statements) {
        List<Statement> result = new ArrayList<>();
        for (Statement statement : statements) {
            Statement named = named(statement);
            result.add(named);
            learn(named);
        }
        return result;
    }

    private Statement named(Statement statement) {
        if (statement instanceof Match match) {
            Expression left = named(match.left());
            Match named = new Match(left, match.operator(), typed(match.right(), match.left(), left));
            return left instanceof RawPayload raw ? aligned(named, raw) : named;
        } else if (statement instanceof VerdictLookup lookup) {
            Expression key = named(lookup.key());
            return new VerdictLookup(key, typed(lookup.map(), lookup.key(), key));
        } else if (statement instanceof Assignment assignment && assignment.value() instanceof Constant) {
            Selector target = (Selector) named(assignment.target());
            return new Assignment(target, typed(assignment.value(), assignment.target(), target));
        }
        return statement;
    }

    /** A comparison of bits that are no whole bytes: the kernel loads the bytes around them and masks them. */
    private static Match aligned(Match match, RawPayload raw) {
        int start = raw.offset() / Byte.SIZE * Byte.SIZE;
        int end = (raw.offset() + raw.bits() + Byte.SIZE - 1) / Byte.SIZE * Byte.SIZE;
        if ((start == raw.offset() && end - start == raw.bits())
                || !(match.right() instanceof Constant value)
                || value.value().bitLength() > raw.bits()) { // an installed rule may compare with what never is
            return match;
        }
        RawPayload whole = new RawPayload(raw.base(), start, end - start);
        int shift = end - raw.offset() - raw.bits();
        BigInteger mask =
                BigInteger.ONE.shiftLeft(raw.bits()).subtract(BigInteger.ONE).shiftLeft(shift);
        return new Match(
                new BinaryExpression(
                        BinaryExpression.Operator.AND, whole, new Constant(value.type(), end - start, mask)),
                match.operator(),
                new Constant(value.type(), end - start, value.value().shiftLeft(shift)));
    }

    private Expression named(Expression expression) {
        if (expression instanceof Concatenation concatenation) {
            return new Concatenation(
                    concatenation.parts().stream().map(this::named).toList());
        } else if (expression instanceof BinaryExpression binary && binary.left() instanceof Selector) {
            Expression left = named(binary.left());
            return new BinaryExpression(binary.operator(), left, typed(binary.right(), binary.left(), left));
        } else if (expression instanceof RawPayload raw) {
            return field(raw.base(), raw.offset(), raw.bits())
                    .<Expression>map(found -> found)
                    .orElse(raw);
        } else if (expression instanceof HeaderField field && field.protocol() == HeaderProtocol.TH) {
            return field(PayloadBase.TRANSPORT, field.offset(), field.bits()).orElse(field);
        }
        return expression;
    }

    private Optional<HeaderField> field(PayloadBase base, int offset, int bits) {
        HeaderProtocol protocol = known.get(base);
        return protocol == null || offset % Byte.SIZE != 0
                ? Optional.empty()
                : HeaderField.of(protocol).stream()
                        .filter(field -> field.offset() == offset && field.bits() == bits && isOfAllTypes(field))
                        .findFirst();
    }

    /** Whether all messages of the protocol have the field: what follows the checksum of ICMP depends on the type. */
    private static boolean isOfAllTypes(HeaderField field) {
        return switch (field.protocol()) {
            case ICMP, ICMPV6 -> field.offset() < Integer.SIZE;
            default -> true;
        };
    }

    /** A value with the type of the field that was found for its left side. */
    private static Expression typed(Expression value, Expression before, Expression after) {
        if (before.equals(after)) {
            return value;
        } else if (after instanceof Concatenation parts && before instanceof Concatenation old) {
            if (value instanceof Concatenation values
                    && values.parts().size() == parts.parts().size()) {
                List<Expression> typed = new ArrayList<>();
                for (int index = 0; index < parts.parts().size(); index++) {
                    typed.add(typed(
                            values.parts().get(index),
                            old.parts().get(index),
                            parts.parts().get(index)));
                }
                return new Concatenation(typed);
            }
        } else if (value instanceof Constant constant && after instanceof Selector selector) {
            return new Constant(selector.type(), constant.bits(), constant.value());
        } else if (value instanceof Constant && after instanceof BinaryExpression binary) {
            return typed(value, ((BinaryExpression) before).left(), binary.left());
        } else if (value instanceof Interval interval) {
            return new Interval(
                    (Constant) typed(interval.from(), before, after), (Constant) typed(interval.to(), before, after));
        } else if (value instanceof Prefix prefix) {
            return new Prefix((Constant) typed(prefix.value(), before, after), prefix.length());
        }
        return value instanceof SetLiteral literal
                ? new SetLiteral(literal.elements().stream()
                        .map(element -> new SetElement(
                                typed(element.key(), before, after),
                                element.data(),
                                element.timeout(),
                                element.expires(),
                                element.comment(),
                                element.state()))
                        .toList())
                : value;
    }

    /** Remembers the protocols that a statement shows. */
    private void learn(Statement statement) {
        Protocols.fields(statement)
                .filter(field -> field.protocol() != HeaderProtocol.TH)
                .forEach(field -> known.put(field.protocol().base(), field.protocol()));
        OptionalInt number = Protocols.equal(statement, Meta.L4PROTO);
        number = number.isPresent() ? number : Protocols.equal(statement, HeaderField.IP_PROTOCOL);
        number = number.isPresent() ? number : Protocols.equal(statement, HeaderField.IP6_NEXTHDR);
        if (number.isPresent() && known.get(PayloadBase.NETWORK) != HeaderProtocol.ARP) {
            transport(number.getAsInt()).ifPresent(protocol -> known.put(PayloadBase.TRANSPORT, protocol));
        }
    }

    private static Optional<HeaderProtocol> transport(int number) {
        return Optional.ofNullable(
                switch (number) {
                    case 6 -> HeaderProtocol.TCP;
                    case 17 -> HeaderProtocol.UDP;
                    case 33 -> HeaderProtocol.DCCP;
                    case 132 -> HeaderProtocol.SCTP;
                    case 136 -> HeaderProtocol.UDPLITE;
                    default -> null;
                });
    }
}
