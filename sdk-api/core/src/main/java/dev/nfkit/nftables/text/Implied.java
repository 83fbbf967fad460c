// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Statement;
import java.util.List;
import java.util.Optional;

/** What nft adds to a rule, and lists as part of it: fields that only some messages have need a match of their type. */
final class Implied {
    private static final int VLAN = 0x8100;

    private Implied() {}

    /** The match that a statement which reads this expression needs before itself, if the rule does not have it. */
    static Optional<Statement> before(Expression expression, List<Statement> statements) {
        List<HeaderField> fields = Protocols.fields(expression).toList();
        for (HeaderField field : fields) {
            Optional<Statement> needed = switch (field) {
                case ICMP_ID, ICMP_SEQUENCE ->
                    missing(statements, HeaderField.ICMP_TYPE, types(HeaderField.ICMP_TYPE, 0, 8));
                case ICMPV6_ID, ICMPV6_SEQUENCE ->
                    missing(statements, HeaderField.ICMPV6_TYPE, types(HeaderField.ICMPV6_TYPE, 128, 129));
                case VLAN_TYPE ->
                    statements.stream()
                                    .flatMap(Protocols::fields)
                                    .anyMatch(each -> each.protocol() == HeaderProtocol.VLAN)
                            ? Optional.empty()
                            : missing(
                                    statements,
                                    HeaderField.ETHER_TYPE,
                                    Match.of(HeaderField.ETHER_TYPE, Constant.of(HeaderField.ETHER_TYPE, VLAN)));
                default -> Optional.empty();
            };
            if (needed.isPresent()) {
                return needed;
            }
        }
        return Optional.empty();
    }

    private static Match types(HeaderField field, int first, int second) {
        return Match.of(field, SetLiteral.of(Constant.of(field, first), Constant.of(field, second)));
    }

    private static Optional<Statement> missing(List<Statement> statements, HeaderField field, Match needed) {
        return statements.stream().flatMap(Protocols::fields).anyMatch(each -> each == field)
                ? Optional.empty()
                : Optional.of(needed);
    }

    /** A comparison of flipped bits as a comparison of the bits themselves. */
    static Match unflipped(Match match) {
        boolean equality = match.operator() == Match.Operator.IMPLICIT
                || match.operator() == Match.Operator.EQUAL
                || match.operator() == Match.Operator.NOT_EQUAL;
        return equality
                        && match.left() instanceof BinaryExpression binary
                        && binary.operator() == BinaryExpression.Operator.XOR
                        && binary.right() instanceof Constant flipped
                        && match.right() instanceof Constant value
                ? unflipped(new Match(
                        binary.left(),
                        match.operator(),
                        new Constant(value.type(), value.bits(), value.value().xor(flipped.value()))))
                : match;
    }
}
