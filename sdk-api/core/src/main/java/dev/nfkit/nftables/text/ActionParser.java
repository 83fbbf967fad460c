// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.statement.Duplicate;
import dev.nfkit.nftables.statement.Forward;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.Reject;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.Synproxy;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/** Reads what a rule does with a packet: reject, queue, dup, fwd, synproxy, and the use of objects. */
final class ActionParser {
    private static final List<ValueType> DEVICE = List.of(ValueType.of(DataType.IFACE_INDEX));
    private static final List<ValueType> OBJECT = List.of(ValueType.of(DataType.STRING));
    private static final List<ValueType> QUEUE = List.of(new ValueType(DataType.INTEGER, 16, false));
    private static final int TCP = 6;

    private final TokenStream in;
    private final AddressFamily table;
    private final ExpressionParser expressions;

    ActionParser(Scope scope, ExpressionParser expressions) {
        this.in = scope.in();
        this.table = scope.family();
        this.expressions = expressions;
    }

    /** Reads {@code reject}, whose keyword was read. A reset needs a match of TCP, which is added if there is none. */
    void reject(List<Statement> statements) {
        Optional<AddressFamily> network = Protocols.network(table, statements);
        if (!in.accept("with")) {
            statements.add(
                    network.isEmpty()
                            ? Reject.PORT_UNREACHABLE
                            : network.get() == AddressFamily.IPV6
                                    ? new Reject(Reject.Kind.ICMPV6, 4)
                                    : new Reject(Reject.Kind.ICMP, 3));
        } else if (in.accept("tcp")) {
            in.expect("reset");
            if (!Protocols.tcp(statements)) {
                statements.add(0, Match.of(Meta.L4PROTO, Constant.of(DataType.INET_PROTO, TCP)));
            }
            statements.add(new Reject(Reject.Kind.TCP_RESET, 0));
        } else if (in.accept("icmp")) {
            statements.add(new Reject(Reject.Kind.ICMP, code(DataType.ICMP_CODE)));
        } else if (in.accept("icmpv6")) {
            statements.add(new Reject(Reject.Kind.ICMPV6, code(DataType.ICMPV6_CODE)));
        } else if (in.accept("icmpx")) {
            statements.add(new Reject(Reject.Kind.ICMPX, code(DataType.ICMPX_CODE)));
        } else {
            throw in.expected("tcp reset, icmp, icmpv6 or icmpx");
        }
    }

    private int code(DataType type) {
        in.accept("type");
        return expressions.elements().atom(ValueType.of(type)).value().intValue();
    }

    /** Reads {@code queue}, whose keyword was read. */
    Queue queue() {
        Token place = in.peek();
        boolean bypass = false;
        boolean fanout = false;
        Expression number = new Constant(DataType.INTEGER, 16, BigInteger.ZERO);
        while (true) {
            if (in.accept("num") || in.accept("to")) {
                number = expressions.value(QUEUE, 1);
            } else if (in.accept("flags") || in.accept(",")) {
                if (!in.atAny("bypass", "fanout")) {
                    throw in.expected("bypass or fanout");
                }
            } else if (in.accept("bypass")) {
                bypass = true;
            } else if (in.accept("fanout")) {
                fanout = true;
            } else {
                break;
            }
        }
        if (fanout && !(number instanceof Interval)) {
            throw in.refused(place, "fanout needs several queues, such as 0-3");
        }
        return new Queue(number, bypass, fanout);
    }

    /** Reads {@code dup}, whose keyword was read. */
    Duplicate duplicate() {
        in.expect("to");
        if (table == AddressFamily.NETDEV) {
            return new Duplicate(Optional.empty(), Optional.of(expressions.value(DEVICE, 1)));
        }
        Expression address = expressions.value(
                List.of(ValueType.of(table == AddressFamily.IPV6 ? DataType.IPV6_ADDR : DataType.IPV4_ADDR)), 1);
        return new Duplicate(Optional.of(address), device());
    }

    private Optional<Expression> device() {
        return in.accept("device") ? Optional.of(expressions.value(DEVICE, 1)) : Optional.empty();
    }

    /** Reads {@code fwd}, whose keyword was read. */
    Forward forward() {
        boolean six = in.accept("ip6");
        if (!six && !in.accept("ip")) {
            in.expect("to");
            return new Forward(expressions.value(DEVICE, 1), Optional.empty(), Optional.empty());
        }
        in.expect("to");
        DataType type = six ? DataType.IPV6_ADDR : DataType.IPV4_ADDR;
        Expression address = expressions.value(List.of(ValueType.of(type)), 1);
        Expression device = device().orElseThrow(() -> in.expected("\"device\""));
        return new Forward(device, Optional.of(six ? AddressFamily.IPV6 : AddressFamily.IPV4), Optional.of(address));
    }

    /** Reads {@code synproxy}, whose keyword was read. */
    Statement synproxy() {
        if (in.accept("name")) {
            return object(ObjectStatement.Kind.SYNPROXY);
        }
        int mss = 0;
        int scale = 0;
        boolean timestamp = false;
        boolean sack = false;
        while (true) {
            if (in.accept("mss")) {
                mss = (int) in.number("a segment size", 0, 65_535);
            } else if (in.accept("wscale")) {
                scale = (int) in.number("a window scale", 0, 14);
            } else if (in.accept("timestamp")) {
                timestamp = true;
            } else if (in.accept("sack-perm") || in.accept("sack-permitted")) {
                sack = true;
            } else {
                return new Synproxy(mss, scale, timestamp, sack);
            }
        }
    }

    /** Reads the name of an object, or a map of objects. */
    ObjectStatement object(ObjectStatement.Kind kind) {
        return new ObjectStatement(kind, expressions.value(OBJECT, 1));
    }

    /** Whether a name or a map follows, and not a selector: {@code meta secmark set "tag"}. */
    Optional<Expression> objectName() {
        Token place = in.peek();
        Expression value = expressions.value(OBJECT, 1);
        boolean name = value instanceof Text || value instanceof MapLookup;
        if (!name && !(value instanceof Selector)) {
            throw in.refused(place, "expected the name of an object");
        }
        return Optional.of(value);
    }
}
