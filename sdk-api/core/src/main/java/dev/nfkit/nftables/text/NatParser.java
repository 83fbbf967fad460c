// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.Nat;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.Tproxy;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads translations of addresses and ports, and {@code tproxy}. */
final class NatParser {
    private final TokenStream in;
    private final AddressFamily table;
    private final SetType.Lookup sets;
    private final ExpressionParser expressions;

    NatParser(Scope scope, ExpressionParser expressions) {
        this.in = scope.in();
        this.table = scope.family();
        this.sets = scope.sets();
        this.expressions = expressions;
    }

    /** Reads {@code snat} or {@code dnat}, whose keyword was read. */
    Nat addresses(Nat.Kind kind, List<Statement> before) {
        Token place = in.peek();
        requireFamily(place);
        Optional<AddressFamily> written = family();
        Set<Nat.Flag> flags = EnumSet.noneOf(Nat.Flag.class);
        if (in.accept("prefix")) {
            flags.add(Nat.Flag.PREFIX);
        } else if (in.accept("addr")) {
            in.expect(".");
            in.expect("port");
        } else {
            in.accept("interval");
        }
        in.accept("to");
        Optional<AddressFamily> family = written.or(() -> Protocols.network(table, before));
        Optional<Expression> address = Optional.empty();
        if (!in.at(":")) {
            if (family.isEmpty()) {
                throw in.refused("ip or ip6 must be named before the address, because this table has both");
            }
            address = Optional.of(address(family.get(), true));
        }
        Optional<Expression> port = in.accept(":") ? Optional.of(port(before)) : Optional.empty();
        flags(flags);
        Optional<Expression> target = address;
        boolean named = target.isPresent() && (table == AddressFamily.INET || isRange(target.get()));
        return in.checked(place, () -> new Nat(kind, named ? family : Optional.empty(), target, port, flags));
    }

    /** Whether a map yields intervals, or addresses with ports: nft then prints the family in all tables. */
    private boolean isRange(Expression target) {
        if (!(target instanceof MapLookup lookup)) {
            return false;
        } else if (lookup.map() instanceof SetReference reference) {
            return sets.find(reference.name())
                    .filter(type -> type.data().size() > 1)
                    .isPresent();
        }
        return lookup.map() instanceof SetLiteral literal
                && literal.elements().stream()
                        .flatMap(element -> element.data().stream())
                        .anyMatch(data ->
                                data instanceof Interval || data instanceof Prefix || data instanceof Concatenation);
    }

    private Optional<AddressFamily> family() {
        if (!in.at("ip") && !in.at("ip6")) {
            return Optional.empty();
        }
        AddressFamily other = in.at("ip") ? AddressFamily.IPV6 : AddressFamily.IPV4;
        if (table == other) {
            throw in.refused("the table is of the other family");
        }
        in.next();
        return Optional.of(other == AddressFamily.IPV6 ? AddressFamily.IPV4 : AddressFamily.IPV6);
    }

    private void requireFamily(Token keyword) {
        if (table != AddressFamily.INET && table != AddressFamily.IPV4 && table != AddressFamily.IPV6) {
            throw in.refused(keyword, "this needs a table of family ip, ip6 or inet");
        }
    }

    /** Refuses what yields no address or no port. */
    private Expression typed(Token place, Expression value, DataType wanted) {
        List<ValueType> types = ValueType.of(value, sets);
        boolean fits = types.isEmpty()
                || types.get(0).type() == wanted
                || (types.get(0).type() == DataType.INTEGER && wanted == DataType.INET_SERVICE);
        if (!fits) {
            throw in.refused(
                    place,
                    "expected a value of type " + wanted.text() + ", not "
                            + types.get(0).type().text());
        }
        return value;
    }

    /** An address, in brackets or not, several of them, or a map. */
    private Expression address(AddressFamily family, boolean ranges) {
        ValueType type = ValueType.of(family == AddressFamily.IPV6 ? DataType.IPV6_ADDR : DataType.IPV4_ADDR);
        if (!in.at("[")) {
            Token first = in.peek();
            boolean mapped = expressions.begins();
            return typed(
                    first, expressions.value(mapped ? List.of(type, ValueType.PORT) : List.of(type), 1), type.type());
        }
        Token place = in.peek();
        Expression from = bracketed(type);
        if (!ranges || !in.accept("-")) {
            return from;
        }
        Expression to = bracketed(type);
        return in.checked(place, () -> new Interval((Constant) from, (Constant) to));
    }

    private Expression bracketed(ValueType type) {
        in.expect("[");
        Expression address = expressions.elements().atom(type);
        in.expect("]");
        return address;
    }

    private Expression port(List<Statement> before) {
        Token place = in.peek();
        if (!Protocols.ports(before)) {
            throw in.refused("a port needs a match of the transport protocol before it, such as tcp dport 80");
        }
        return typed(place, expressions.value(List.of(ValueType.PORT), 1), DataType.INET_SERVICE);
    }

    private void flags(Set<Nat.Flag> flags) {
        boolean comma = false;
        do {
            Optional<Nat.Flag> flag = flag();
            if (flag.isEmpty() && comma) {
                throw in.expected("random, fully-random or persistent");
            }
            flag.ifPresent(flags::add);
            comma = flag.isPresent() && in.accept(",");
        } while (comma);
    }

    private Optional<Nat.Flag> flag() {
        for (Nat.Flag flag : Nat.Flag.values()) {
            if (flag != Nat.Flag.PREFIX && in.accept(RuleNames.of(flag))) {
                return Optional.of(flag);
            }
        }
        return Optional.empty();
    }

    /** Reads {@code masquerade} or {@code redirect}, whose keyword was read. */
    Nat own(Nat.Kind kind, List<Statement> before) {
        Token place = in.peek();
        requireFamily(place);
        Optional<Expression> port = Optional.empty();
        if (in.accept("to")) {
            boolean colon = in.accept(":");
            if (!colon && kind == Nat.Kind.MASQUERADE) {
                throw in.expected("\":\" and a port");
            }
            port = Optional.of(port(before));
        }
        Set<Nat.Flag> flags = EnumSet.noneOf(Nat.Flag.class);
        flags(flags);
        Optional<Expression> ports = port;
        return in.checked(place, () -> new Nat(kind, Optional.empty(), Optional.empty(), ports, flags));
    }

    /** Reads {@code tproxy}, whose keyword was read. */
    Tproxy tproxy(List<Statement> before) {
        Token place = in.peek();
        requireFamily(place);
        Optional<AddressFamily> written = family();
        in.expect("to");
        Optional<AddressFamily> family = written.or(() -> Protocols.network(table, before));
        Optional<Expression> address = Optional.empty();
        if (!in.at(":")) {
            if (family.isEmpty()) {
                throw in.refused("ip or ip6 must be named before the address, because this table has both");
            }
            address = Optional.of(address(family.get(), false));
        }
        Optional<Expression> port = in.accept(":") ? Optional.of(port(before)) : Optional.empty();
        Optional<Expression> target = address;
        boolean named = table == AddressFamily.INET && (target.isPresent() || written.isPresent());
        return in.checked(place, () -> new Tproxy(named ? family : Optional.empty(), target, port));
    }
}
