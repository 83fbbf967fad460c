// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.ConnectionKey;
import dev.nfkit.nftables.expression.ConnectionSelector;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.Assignment;
import dev.nfkit.nftables.statement.Duplicate;
import dev.nfkit.nftables.statement.ExtensionStatement;
import dev.nfkit.nftables.statement.FlowOffload;
import dev.nfkit.nftables.statement.Forward;
import dev.nfkit.nftables.statement.Log;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Meter;
import dev.nfkit.nftables.statement.Nat;
import dev.nfkit.nftables.statement.Notrack;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.OptionReset;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.RawStatement;
import dev.nfkit.nftables.statement.Reject;
import dev.nfkit.nftables.statement.SetUpdate;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.Synproxy;
import dev.nfkit.nftables.statement.Tproxy;
import dev.nfkit.nftables.statement.VerdictLookup;
import dev.nfkit.nftables.statement.VerdictStatement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Prints statements, as nft does. */
final class StatementPrinter {
    private static final long METER_SIZE = 65_535;

    private final ExpressionPrinter expressions;
    private final MatchPrinter matches;
    private final ActionPrinter actions;

    StatementPrinter(AddressFamily family, ExpressionPrinter expressions) {
        this.expressions = expressions;
        this.matches = new MatchPrinter(expressions);
        this.actions = new ActionPrinter(family, expressions);
    }

    String statement(Statement statement) {
        if (statement instanceof Match match) {
            return matches.match(match);
        } else if (statement instanceof VerdictStatement verdict) {
            return ValuePrinter.verdict(verdict.verdict());
        } else if (statement instanceof VerdictLookup lookup) {
            return expressions.expression(lookup.key()) + " vmap " + expressions.set(lookup.map(), List.of());
        } else if (statement instanceof Stateful) {
            return expressions.state(statement);
        } else if (statement instanceof Assignment assignment) {
            return assignment(assignment);
        } else if (statement instanceof SetUpdate update) {
            return update(update);
        } else if (statement instanceof Meter meter) {
            return "meter " + meter.name() + " size " + meter.size().orElse(METER_SIZE) + " { "
                    + key(meter.key(), meter.timeout(), List.of(meter.state())) + " }";
        } else if (statement instanceof ObjectStatement object) {
            return object(object);
        } else if (statement instanceof FlowOffload offload) {
            return "flow add @" + offload.flowtable();
        } else if (statement instanceof Notrack) {
            return "notrack";
        } else if (statement instanceof OptionReset reset) {
            ExtensionHeader option = reset.option();
            return "reset " + option.family().prefix() + option.text();
        } else if (statement instanceof ExtensionStatement extension) {
            return (extension.target() ? "xt target \"" : "xt match \"") + extension.name() + '"';
        } else if (statement instanceof RawStatement raw) {
            return "raw \"" + raw.name() + '"';
        }
        return action(statement);
    }

    private String action(Statement statement) {
        if (statement instanceof Log log) {
            return ActionPrinter.log(log);
        } else if (statement instanceof Queue queue) {
            return actions.queue(queue);
        } else if (statement instanceof Reject reject) {
            return actions.reject(reject);
        } else if (statement instanceof Nat nat) {
            return actions.nat(nat);
        } else if (statement instanceof Tproxy tproxy) {
            return actions.tproxy(tproxy);
        } else if (statement instanceof Synproxy synproxy) {
            return ActionPrinter.synproxy(synproxy);
        } else if (statement instanceof Duplicate duplicate) {
            return actions.duplicate(duplicate);
        } else if (statement instanceof Forward forward) {
            return actions.forward(forward);
        }
        throw new IllegalArgumentException("unknown statement " + statement);
    }

    private String assignment(Assignment assignment) {
        Selector target = assignment.target();
        boolean events = target instanceof ConnectionSelector connection && connection.key() == ConnectionKey.EVENT;
        Expression value = assignment.value();
        String text = value instanceof Constant constant
                ? expressions
                        .values()
                        .constant(constant, expressions.types(target).get(0).raw(), events ? "," : " | ")
                : expressions.expression(value);
        return expressions.expression(target) + " set " + text;
    }

    private String update(SetUpdate update) {
        String data = update.data()
                .map(value -> " : " + expressions.expression(value))
                .orElse("");
        return update.operation().name().toLowerCase(Locale.ROOT) + " @" + update.set() + " { "
                + key(update.key(), update.timeout(), update.state()) + data + " }";
    }

    private String key(Expression key, Optional<Duration> timeout, List<Stateful> states) {
        StringBuilder text = new StringBuilder(expressions.expression(key));
        timeout.ifPresent(span -> text.append(" timeout ").append(TimeSpan.print(span)));
        states.forEach(state -> text.append(' ').append(StatefulPrinter.fresh((Statement) state)));
        return text.toString();
    }

    private String object(ObjectStatement object) {
        String keyword = switch (object.kind()) {
            case CT_HELPER, CT_TIMEOUT, CT_EXPECTATION -> object.kind().text() + " set ";
            case SECMARK -> "meta secmark set ";
            default -> object.kind().text() + " name ";
        };
        return keyword + expressions.expression(object.name());
    }
}
