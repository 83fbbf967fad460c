// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.VerdictLookup;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Which protocols the packets have that the statements of a rule apply to, as far as the statements show it. */
final class Protocols {
    private static final int ETHER_IP = 0x0800;
    private static final int ETHER_IP6 = 0x86dd;

    private Protocols() {}

    /** IPv4 or IPv6, by the family of the table and the statements before. */
    static Optional<AddressFamily> network(AddressFamily family, List<Statement> before) {
        if (family == AddressFamily.IPV4 || family == AddressFamily.IPV6) {
            return Optional.of(family);
        }
        return before.stream()
                .flatMap(statement -> network(statement, family != AddressFamily.INET).stream())
                .reduce((first, second) -> second);
    }

    private static Optional<AddressFamily> network(Statement statement, boolean link) {
        OptionalInt family = equal(statement, Meta.NFPROTO);
        if (family.isPresent()) {
            return Optional.of(AddressFamily.of(family.getAsInt()));
        }
        OptionalInt type = equal(statement, Meta.PROTOCOL);
        type = type.isPresent() ? type : equal(statement, HeaderField.ETHER_TYPE);
        if (link && type.isPresent()) {
            return type.getAsInt() == ETHER_IP
                    ? Optional.of(AddressFamily.IPV4)
                    : type.getAsInt() == ETHER_IP6 ? Optional.of(AddressFamily.IPV6) : Optional.empty();
        }
        return fields(statement)
                .flatMap(field -> switch (field.protocol()) {
                    case IP, ICMP, IGMP -> Stream.of(AddressFamily.IPV4);
                    case IP6, ICMPV6 -> Stream.of(AddressFamily.IPV6);
                    default -> Stream.empty();
                })
                .findFirst();
    }

    /** Whether the packets are TCP's. */
    static boolean tcp(List<Statement> before) {
        return before.stream().anyMatch(statement -> {
            OptionalInt number = equal(statement, Meta.L4PROTO);
            number = number.isPresent() ? number : equal(statement, HeaderField.IP_PROTOCOL);
            number = number.isPresent() ? number : equal(statement, HeaderField.IP6_NEXTHDR);
            return number.equals(OptionalInt.of(6))
                    || fields(statement).anyMatch(field -> field.protocol() == HeaderProtocol.TCP);
        });
    }

    /** Whether the statements match a transport protocol: only then are there ports. */
    static boolean ports(List<Statement> before) {
        return before.stream()
                .flatMap(statement -> Reads.of(statement).stream())
                .anyMatch(read -> read == Meta.L4PROTO
                        || read == HeaderField.IP_PROTOCOL
                        || read == HeaderField.IP6_NEXTHDR
                        || (read instanceof HeaderField field
                                && field.protocol().base() == PayloadBase.TRANSPORT));
    }

    /** The number that a statement requires a selector to have. */
    static OptionalInt equal(Statement statement, Expression selector) {
        return statement instanceof Match match
                        && match.left().equals(selector)
                        && (match.operator() == Match.Operator.IMPLICIT || match.operator() == Match.Operator.EQUAL)
                        && match.right() instanceof Constant constant
                ? OptionalInt.of(constant.value().intValue())
                : OptionalInt.empty();
    }

    /** The fields of headers that a statement matches. */
    static Stream<HeaderField> fields(Statement statement) {
        if (statement instanceof Match match) {
            return fields(match.left());
        }
        return statement instanceof VerdictLookup lookup ? fields(lookup.key()) : Stream.empty();
    }

    /** The fields of headers that an expression reads. */
    static Stream<HeaderField> fields(Expression expression) {
        if (expression instanceof HeaderField field) {
            return Stream.of(field);
        } else if (expression instanceof BinaryExpression binary) {
            return Stream.concat(fields(binary.left()), fields(binary.right()));
        } else if (expression instanceof Concatenation concatenation) {
            return concatenation.parts().stream().flatMap(Protocols::fields);
        }
        return expression instanceof MapLookup lookup ? fields(lookup.key()) : Stream.empty();
    }
}
