// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.statement.Duplicate;
import dev.nfkit.nftables.statement.Forward;
import dev.nfkit.nftables.statement.Log;
import dev.nfkit.nftables.statement.Nat;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.Reject;
import dev.nfkit.nftables.statement.Synproxy;
import dev.nfkit.nftables.statement.Tproxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Prints what a rule does with a packet as JSON, as nft does: log, queue, reject, translations, copies. */
final class JsonActions {
    private final JsonExpressions expressions;

    JsonActions(JsonExpressions expressions) {
        this.expressions = expressions;
    }

    static String log(Log log) {
        return Json.object(
                "log",
                Json.objectOrNull(
                        "prefix",
                        log.prefix().map(Json::string).orElse(""),
                        "group",
                        log.group().isPresent() ? Integer.toString(log.group().getAsInt()) : "",
                        "snaplen",
                        log.snaplen().isPresent() ? Long.toString(log.snaplen().getAsLong()) : "",
                        "queue-threshold",
                        log.queueThreshold().isPresent()
                                ? Integer.toString(log.queueThreshold().getAsInt())
                                : "",
                        "level",
                        log.level()
                                .filter(level -> level != Log.Level.WARN)
                                .map(Json::lower)
                                .orElse(""),
                        "flags",
                        flags(log.flags())));
    }

    private static String flags(Set<Log.Flag> flags) {
        if (flags.containsAll(RuleNames.ALL_LOG_FLAGS)) {
            return Json.string("all");
        }
        List<String> names = new ArrayList<>();
        for (Log.Flag flag : Log.Flag.values()) {
            if (flags.contains(flag)) {
                switch (flag) {
                    case TCP_SEQUENCE -> names.add("tcp sequence");
                    case TCP_OPTIONS -> names.add("tcp options");
                    case IP_OPTIONS -> names.add("ip options");
                    case SKUID -> names.add("skuid");
                    case ETHER -> names.add("ether");
                    case NFLOG -> {} // nft does not print it
                }
            }
        }
        return strings(names);
    }

    private static String strings(List<String> texts) {
        return Json.oneOrMore(texts.stream().map(Json::string).toList());
    }

    String queue(Queue queue) {
        return Json.object(
                "queue",
                Json.object(
                        "num",
                        expressions.expression(queue.number()),
                        "flags",
                        strings(Stream.of(queue.bypass() ? "bypass" : "", queue.fanout() ? "fanout" : "")
                                .filter(flag -> !flag.isEmpty())
                                .toList())));
    }

    String reject(Reject reject) {
        return Json.object(
                "reject",
                switch (reject.kind()) {
                    case TCP_RESET -> Json.object("type", Json.string("tcp reset"));
                    case ICMP -> rejected("icmp", DataType.ICMP_CODE, reject.code());
                    case ICMPV6 -> rejected("icmpv6", DataType.ICMPV6_CODE, reject.code());
                    case ICMPX -> rejected("icmpx", DataType.ICMPX_CODE, reject.code());
                });
    }

    private String rejected(String kind, DataType type, int code) {
        return Json.object(
                "type", Json.string(kind), "expr", expressions.values().value(Constant.of(type, code)));
    }

    String nat(Nat nat) {
        boolean prefix = nat.flags().contains(Nat.Flag.PREFIX);
        List<String> flags = new ArrayList<>();
        if (prefix) {
            flags.add("netmap");
        }
        Stream.of(Nat.Flag.RANDOM, Nat.Flag.FULLY_RANDOM, Nat.Flag.PERSISTENT)
                .filter(nat.flags()::contains)
                .forEach(flag -> flags.add(RuleNames.of(flag)));
        return Json.object(
                RuleNames.of(nat.kind()),
                Json.objectOrNull(
                        "family",
                        family(nat.family()),
                        "addr",
                        address(nat.addresses()),
                        "port",
                        port(nat.ports()),
                        "flags",
                        strings(flags),
                        "type_flags",
                        prefix ? Json.string("prefix") : ""));
    }

    String tproxy(Tproxy tproxy) {
        return Json.object(
                "tproxy",
                Json.object(
                        "family",
                        family(tproxy.family()),
                        "addr",
                        address(tproxy.address()),
                        "port",
                        port(tproxy.port())));
    }

    private static String family(Optional<AddressFamily> family) {
        return family.map(each -> Json.string(each == AddressFamily.IPV6 ? "ip6" : "ip"))
                .orElse("");
    }

    private String address(Optional<Expression> address) {
        return address.map(each -> expressions.expression(ExpressionPrinter.shortest(each)))
                .orElse("");
    }

    private String port(Optional<Expression> port) {
        return port.map(expressions::expression).orElse("");
    }

    /** The kernel knows only whether either of both sizes is announced. */
    static String synproxy(Synproxy synproxy) {
        List<String> flags = new ArrayList<>();
        if (synproxy.timestamp()) {
            flags.add(Json.string("timestamp"));
        }
        if (synproxy.sackPermitted()) {
            flags.add(Json.string("sack-perm"));
        }
        return Json.object(
                "synproxy",
                Json.objectOrNull(
                        "mss",
                        synproxy.mss() == 0 ? "" : Integer.toString(synproxy.mss()),
                        "wscale",
                        synproxy.wscale() == 0 ? "" : Integer.toString(synproxy.wscale()),
                        "flags",
                        flags.isEmpty() ? "" : Json.array(flags)));
    }

    String duplicate(Duplicate duplicate) {
        String device = duplicate.device().map(expressions::expression).orElse("");
        return Json.object(
                "dup",
                duplicate.address().isEmpty()
                        ? Json.object("addr", device)
                        : Json.object(
                                "addr",
                                expressions.expression(duplicate.address().get()),
                                "dev",
                                device));
    }

    String forward(Forward forward) {
        return Json.object(
                "fwd",
                Json.object(
                        "dev",
                        expressions.expression(forward.device()),
                        "family",
                        family(forward.family()),
                        "addr",
                        forward.address().map(expressions::expression).orElse("")));
    }
}
