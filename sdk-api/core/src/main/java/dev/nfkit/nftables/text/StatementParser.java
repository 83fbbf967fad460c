// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.ConnectionKey;
import dev.nfkit.nftables.expression.ConnectionSelector;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.RawPayload;
import dev.nfkit.nftables.expression.RawTcpOption;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.expression.Verdict;
import dev.nfkit.nftables.statement.Assignment;
import dev.nfkit.nftables.statement.FlowOffload;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Nat;
import dev.nfkit.nftables.statement.Notrack;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.OptionReset;
import dev.nfkit.nftables.statement.SetUpdate;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.VerdictStatement;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Reads the statements of a rule, one at a time. */
final class StatementParser {
    private static final Set<ConnectionKey> WRITABLE = Set.of(
            ConnectionKey.MARK, ConnectionKey.LABEL, ConnectionKey.EVENT, ConnectionKey.ZONE, ConnectionKey.SECMARK);
    private static final Set<Meta> WRITABLE_META =
            Set.of(Meta.MARK, Meta.PRIORITY, Meta.NFTRACE, Meta.PKTTYPE, Meta.SECMARK, Meta.BROUTE);

    private final TokenStream in;
    private final SetType.Lookup sets;
    private final ExpressionParser expressions;
    private final StatefulParser states;
    private final MatchParser matches;
    private final NatParser translations;
    private final UpdateParser updates;
    private final ActionParser actions;

    StatementParser(Scope scope) {
        this.in = scope.in();
        this.sets = scope.sets();
        this.expressions = new ExpressionParser(scope);
        this.states = new StatefulParser(scope.in());
        this.matches = new MatchParser(scope, expressions);
        this.translations = new NatParser(scope, expressions);
        this.updates = new UpdateParser(scope, expressions);
        this.actions = new ActionParser(scope, expressions);
    }

    /** Reads the next statement. What it needs before itself is added, too. */
    void statement(List<Statement> statements) {
        Token place = in.peek();
        Optional<ObjectStatement.Kind> object = object();
        if (object.isPresent()) {
            statements.add(actions.object(object.get()));
            return;
        }
        Optional<Stateful> state = states.next();
        Optional<Verdict> verdict =
                state.isPresent() ? Optional.empty() : expressions.elements().verdict();
        if (state.isPresent()) {
            statements.add((Statement) state.get());
        } else if (verdict.isPresent()) {
            statements.add(new VerdictStatement(verdict.get()));
        } else if (in.accept("reject")) {
            actions.reject(statements);
        } else {
            Statement found = translation(place, statements).orElseGet(() -> other(place));
            for (Expression read : Reads.of(found)) {
                Implied.before(read, statements).ifPresent(statements::add);
            }
            statements.add(found instanceof Match match ? Implied.unflipped(match) : found);
        }
    }

    /** The use of an object by its name; its keywords are consumed. */
    private Optional<ObjectStatement.Kind> object() {
        for (String keyword : List.of("counter", "quota", "limit")) {
            if (in.accept(keyword, "name")) {
                return Optional.of(ObjectStatement.Kind.valueOf(keyword.toUpperCase(Locale.ROOT)));
            }
        }
        for (String keyword : List.of("helper", "timeout", "expectation")) {
            if (in.accept("ct", keyword, "set")) {
                return Optional.of(ObjectStatement.Kind.valueOf("CT_" + keyword.toUpperCase(Locale.ROOT)));
            }
        }
        return Optional.empty();
    }

    private Optional<Statement> translation(Token place, List<Statement> before) {
        return Optional.ofNullable(
                switch (keyword(place)) {
                    case "snat" -> in.accept("snat") ? translations.addresses(Nat.Kind.SNAT, before) : null;
                    case "dnat" -> in.accept("dnat") ? translations.addresses(Nat.Kind.DNAT, before) : null;
                    case "masquerade" -> in.accept("masquerade") ? translations.own(Nat.Kind.MASQUERADE, before) : null;
                    case "redirect" -> in.accept("redirect") ? translations.own(Nat.Kind.REDIRECT, before) : null;
                    case "tproxy" -> in.accept("tproxy") ? translations.tproxy(before) : null;
                    default -> null;
                });
    }

    private static String keyword(Token token) {
        return token.kind() == Token.Kind.WORD ? token.text() : "";
    }

    private Statement other(Token place) {
        String word = keyword(place);
        switch (word) {
            case "log", "queue", "synproxy", "notrack", "dup", "fwd", "flow", "reset", "meter", "set" -> in.next();
            case "add", "update", "delete" -> {
                in.next();
                return updates.update(operation(word));
            }
            case "xt" -> throw in.refused("extensions of x_tables have no text form that can be read");
            case "raw" -> throw in.refused("raw instructions have no text form that can be read");
            case "define", "undefine", "redefine", "include" -> throw in.refused(word + " is not supported");
            default -> {
                if (in.at("$")) {
                    throw in.refused("variables are not supported");
                }
                return comparison(place);
            }
        }
        return switch (word) {
            case "log" -> new LogParser(in).log();
            case "queue" -> actions.queue();
            case "synproxy" -> actions.synproxy();
            case "notrack" -> Notrack.NOTRACK;
            case "dup" -> actions.duplicate();
            case "fwd" -> actions.forward();
            case "flow" -> offload();
            case "reset" -> reset();
            case "meter" -> updates.meter();
            default -> updates.update(operation(in.next().text()));
        };
    }

    private SetUpdate.Operation operation(String word) {
        return switch (word) {
            case "add" -> SetUpdate.Operation.ADD;
            case "update" -> SetUpdate.Operation.UPDATE;
            case "delete" -> SetUpdate.Operation.DELETE;
            default -> throw in.expected("add, update or delete after set");
        };
    }

    private Statement offload() {
        if (!in.accept("offload")) {
            in.expect("add");
        }
        in.expect("@");
        Token place = in.peek();
        String name = in.identifier("the name of a flow table");
        return in.checked(place, () -> new FlowOffload(name));
    }

    private Statement reset() {
        in.expect("tcp");
        in.expect("option");
        Token place = in.peek();
        if (TokenStream.isNumber(place)) {
            int kind = (int) in.number("the number of an option", 0, 255);
            for (ExtensionHeader header : ExtensionHeader.values()) {
                if (header.family() == ExtensionHeader.Family.TCP && header.number() == kind) {
                    return new OptionReset(header);
                }
            }
            throw in.refused(place, "an option without a name cannot be reset");
        }
        return new OptionReset(new HeaderParser(in).named(ExtensionHeader.Family.TCP, "an option of TCP"));
    }

    private Statement comparison(Token place) {
        boolean known = SelectorNames.begin(in) || in.at("(") || SelectorNames.names(keyword(place));
        if (!known) {
            throw in.expected("a statement, such as tcp dport 22, counter or accept");
        }
        Expression left = expressions.expression();
        if (!in.at("set")) {
            return matches.match(left);
        }
        if (!(left instanceof Selector target) || !writable(target)) {
            throw in.refused(place, "this cannot be set");
        }
        in.next();
        boolean secmark = target == Meta.SECMARK || target.equals(ConnectionSelector.of(ConnectionKey.SECMARK));
        if (secmark) {
            Expression value = actions.objectName().orElseThrow();
            return value instanceof Selector
                    ? new Assignment(target, value)
                    : new ObjectStatement(ObjectStatement.Kind.SECMARK, value);
        }
        return new Assignment(target, value(target));
    }

    private Expression value(Selector target) {
        ValueType type = ValueType.of(target, sets).get(0);
        boolean flags = type.type().kind() == DataType.Kind.BITS && !expressions.begins();
        if (flags && target instanceof ConnectionSelector selector && selector.key() == ConnectionKey.EVENT) {
            return expressions.elements().bits(type);
        }
        Token place = in.peek();
        Expression value = expressions.value(List.of(type), 1);
        boolean plain = value instanceof Constant || expressions.isRead(value);
        List<ValueType> types = ValueType.of(value, sets);
        boolean text = !types.isEmpty() && types.get(0).type().kind() == DataType.Kind.TEXT;
        if (plain && (types.size() > 1 || text != (type.type().kind() == DataType.Kind.TEXT))) {
            throw in.refused(place, "expected a value of type " + type.type().text());
        } else if (!plain) {
            throw in.refused(place, "an interval or prefix cannot be set");
        }
        return value;
    }

    private static boolean writable(Selector target) {
        return target instanceof HeaderField
                || target instanceof RawPayload
                || target instanceof ExtensionField
                || target instanceof RawTcpOption
                || (target instanceof Meta meta && WRITABLE_META.contains(meta))
                || (target instanceof ConnectionSelector connection && WRITABLE.contains(connection.key()));
    }
}
