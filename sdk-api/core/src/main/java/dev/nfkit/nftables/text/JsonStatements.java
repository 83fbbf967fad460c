// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.ConnectionKey;
import dev.nfkit.nftables.expression.ConnectionSelector;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
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
import java.util.Optional;

/** Prints statements as JSON, as nft does. */
final class JsonStatements {
    private static final long METER_SIZE = 65_535;

    private final JsonExpressions expressions;
    private final JsonMatches matches;
    private final JsonActions actions;
    private final StatementPrinter texts;

    /**
     * A printer.
     *
     * @param expressions prints expressions
     * @param texts prints statements that the schema of nft has no form for
     */
    JsonStatements(JsonExpressions expressions, StatementPrinter texts) {
        this.expressions = expressions;
        this.matches = new JsonMatches(expressions);
        this.actions = new JsonActions(expressions);
        this.texts = texts;
    }

    String statement(Statement statement) {
        if (statement instanceof Match match) {
            return matches.match(match);
        } else if (statement instanceof VerdictStatement verdict) {
            return JsonValues.verdict(verdict.verdict());
        } else if (statement instanceof VerdictLookup lookup) {
            return Json.object(
                    "vmap",
                    Json.object("key", expressions.expression(lookup.key()), "data", expressions.set(lookup.map())));
        } else if (statement instanceof Stateful) {
            return JsonStateful.print(statement);
        } else if (statement instanceof Assignment assignment) {
            return assignment(assignment);
        } else if (statement instanceof SetUpdate update) {
            return update(update);
        } else if (statement instanceof Meter meter) {
            return meter(meter);
        } else if (statement instanceof ObjectStatement object) {
            return object(object);
        } else if (statement instanceof FlowOffload offload) {
            return Json.object(
                    "flow", Json.object("op", Json.string("add"), "flowtable", Json.string("@" + offload.flowtable())));
        } else if (statement instanceof Notrack) {
            return Json.object("notrack", Json.NULL);
        } else if (statement instanceof OptionReset reset) {
            return Json.object("reset", JsonSelectors.header(reset.option(), ""));
        } else if (statement instanceof ExtensionStatement extension) {
            return Json.object(
                    "xt",
                    Json.object(
                            "type",
                            Json.string(extension.target() ? "target" : "match"),
                            "name",
                            Json.string(extension.name())));
        } else if (statement instanceof RawStatement) {
            return Json.string(texts.statement(statement));
        }
        return action(statement);
    }

    private String action(Statement statement) {
        if (statement instanceof Log log) {
            return JsonActions.log(log);
        } else if (statement instanceof Queue queue) {
            return actions.queue(queue);
        } else if (statement instanceof Reject reject) {
            return actions.reject(reject);
        } else if (statement instanceof Nat nat) {
            return actions.nat(nat);
        } else if (statement instanceof Tproxy tproxy) {
            return actions.tproxy(tproxy);
        } else if (statement instanceof Synproxy synproxy) {
            return JsonActions.synproxy(synproxy);
        } else if (statement instanceof Duplicate duplicate) {
            return actions.duplicate(duplicate);
        } else if (statement instanceof Forward forward) {
            return actions.forward(forward);
        }
        throw new IllegalArgumentException("unknown statement " + statement);
    }

    private String assignment(Assignment assignment) {
        boolean events =
                assignment.target() instanceof ConnectionSelector connection && connection.key() == ConnectionKey.EVENT;
        Expression value = assignment.value();
        return Json.object(
                "mangle",
                Json.object(
                        "key",
                        expressions.expression(assignment.target()),
                        "value",
                        events && value instanceof Constant constant
                                ? expressions.values().list(constant)
                                : expressions.expression(value)));
    }

    /** The schema of nft 1.0.6 has no updates of maps: it prints them as text. */
    private String update(SetUpdate update) {
        if (update.data().isPresent()) {
            return Json.string(texts.statement(update));
        }
        return Json.object(
                "set",
                Json.object(
                        "op",
                        Json.lower(update.operation()),
                        "elem",
                        key(update.key(), update.timeout()),
                        "set",
                        Json.string("@" + update.set()),
                        "stmt",
                        update.state().isEmpty()
                                ? ""
                                : Json.array(update.state().stream()
                                        .map(state -> JsonStateful.fresh((Statement) state))
                                        .toList())));
    }

    private String meter(Meter meter) {
        return Json.object(
                "meter",
                Json.object(
                        "key",
                        key(meter.key(), meter.timeout()),
                        "stmt",
                        JsonStateful.fresh((Statement) meter.state()),
                        "size",
                        Long.toString(meter.size().orElse(METER_SIZE)),
                        "name",
                        Json.string(meter.name())));
    }

    private String key(Expression key, Optional<Duration> timeout) {
        String printed = expressions.expression(key);
        return timeout.map(span ->
                        Json.object("elem", Json.object("val", printed, "timeout", JsonExpressions.seconds(span))))
                .orElse(printed);
    }

    private String object(ObjectStatement object) {
        return Json.object(object.kind().text(), expressions.expression(object.name()));
    }

    /** The statements as an array. */
    String all(List<Statement> statements) {
        return Json.array(statements.stream().map(this::statement).toList());
    }
}
