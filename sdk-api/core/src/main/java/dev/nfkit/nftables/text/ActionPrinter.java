// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.statement.Duplicate;
import dev.nfkit.nftables.statement.Forward;
import dev.nfkit.nftables.statement.Log;
import dev.nfkit.nftables.statement.Nat;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.Reject;
import dev.nfkit.nftables.statement.Synproxy;
import dev.nfkit.nftables.statement.Tproxy;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Prints what a rule does with a packet, as nft does: log, queue, reject, translations, copies. */
final class ActionPrinter {
    private final AddressFamily table;
    private final ExpressionPrinter expressions;

    ActionPrinter(AddressFamily table, ExpressionPrinter expressions) {
        this.table = table;
        this.expressions = expressions;
    }

    static String log(Log log) {
        StringBuilder text = new StringBuilder("log");
        log.prefix()
                .ifPresent(prefix -> text.append(" prefix \"").append(prefix).append('"'));
        log.group().ifPresent(group -> text.append(" group ").append(group));
        log.snaplen().ifPresent(snaplen -> text.append(" snaplen ").append(snaplen));
        log.queueThreshold()
                .ifPresent(threshold -> text.append(" queue-threshold ").append(threshold));
        log.level()
                .filter(level -> level != Log.Level.WARN)
                .ifPresent(level -> text.append(" level ").append(level.name().toLowerCase(Locale.ROOT)));
        return text.append(flags(log.flags())).toString();
    }

    private static String flags(Set<Log.Flag> flags) {
        if (flags.containsAll(RuleNames.ALL_LOG_FLAGS)) {
            return " flags all";
        }
        StringBuilder text = new StringBuilder();
        boolean sequence = flags.contains(Log.Flag.TCP_SEQUENCE);
        boolean options = flags.contains(Log.Flag.TCP_OPTIONS);
        if (sequence || options) {
            text.append(" flags tcp ").append(sequence ? options ? "sequence,options" : "sequence" : "options");
        }
        text.append(flags.contains(Log.Flag.IP_OPTIONS) ? " flags ip options" : "");
        text.append(flags.contains(Log.Flag.SKUID) ? " flags skuid" : "");
        return text.append(flags.contains(Log.Flag.ETHER) ? " flags ether" : "").toString();
    }

    String queue(Queue queue) {
        String flags = Stream.of(queue.bypass() ? "bypass" : "", queue.fanout() ? "fanout" : "")
                .filter(flag -> !flag.isEmpty())
                .collect(Collectors.joining(","));
        return "queue " + (flags.isEmpty() ? "" : "flags " + flags + " ") + "to "
                + expressions.expression(queue.number());
    }

    String reject(Reject reject) {
        boolean usual = switch (reject.kind()) {
            case TCP_RESET -> false;
            case ICMP -> table == AddressFamily.IPV4 && reject.code() == 3;
            case ICMPV6 -> table == AddressFamily.IPV6 && reject.code() == 4;
            case ICMPX -> reject.code() == 1;
        };
        if (usual) {
            return "reject";
        }
        return switch (reject.kind()) {
            case TCP_RESET -> "reject with tcp reset";
            case ICMP -> "reject with icmp " + code(DataType.ICMP_CODE, reject.code());
            case ICMPV6 -> "reject with icmpv6 " + code(DataType.ICMPV6_CODE, reject.code());
            case ICMPX -> "reject with icmpx " + code(DataType.ICMPX_CODE, reject.code());
        };
    }

    private String code(DataType type, int code) {
        return expressions.values().value(Constant.of(type, code));
    }

    String nat(Nat nat) {
        StringBuilder text = new StringBuilder(RuleNames.of(nat.kind()));
        nat.family().ifPresent(family -> text.append(family == AddressFamily.IPV6 ? " ip6" : " ip"));
        if (nat.flags().contains(Nat.Flag.PREFIX)) {
            text.append(" prefix");
        }
        if (nat.addresses().isPresent() || nat.ports().isPresent()) {
            text.append(" to ").append(target(nat.addresses(), nat.ports()));
        }
        List<String> flags = Stream.of(Nat.Flag.RANDOM, Nat.Flag.FULLY_RANDOM, Nat.Flag.PERSISTENT)
                .filter(nat.flags()::contains)
                .map(RuleNames::of)
                .toList();
        return text.append(flags.isEmpty() ? "" : " ")
                .append(String.join(",", flags))
                .toString();
    }

    String tproxy(Tproxy tproxy) {
        String family = tproxy.family()
                .map(each -> each == AddressFamily.IPV6 ? " ip6" : " ip")
                .orElse("");
        return "tproxy" + family + " to " + target(tproxy.address(), tproxy.port());
    }

    private String target(Optional<Expression> address, Optional<Expression> port) {
        String ports = port.map(each -> ":" + expressions.expression(each)).orElse("");
        return address.map(each -> address(each, port.isPresent())).orElse("") + ports;
    }

    /** Addresses of IPv6 are in brackets if a port follows. */
    private String address(Expression address, boolean port) {
        if (!port || address instanceof MapLookup) {
            return expressions.expression(ExpressionPrinter.shortest(address));
        } else if (address instanceof Interval interval && interval.from().type() == DataType.IPV6_ADDR) {
            return bracketed(interval.from()) + "-" + bracketed(interval.to());
        } else if (address instanceof Constant constant && constant.type() == DataType.IPV6_ADDR) {
            return bracketed(constant);
        }
        return expressions.expression(ExpressionPrinter.shortest(address));
    }

    private String bracketed(Constant address) {
        return "[" + expressions.values().value(address) + "]";
    }

    /** The kernel knows only whether either of both sizes is announced. */
    static String synproxy(Synproxy synproxy) {
        boolean sizes = synproxy.mss() != 0 || synproxy.wscale() != 0;
        return "synproxy" + (sizes ? " mss " + synproxy.mss() + " wscale " + synproxy.wscale() : "")
                + (synproxy.timestamp() ? " timestamp" : "")
                + (synproxy.sackPermitted() ? " sack-perm" : "");
    }

    String duplicate(Duplicate duplicate) {
        if (duplicate.address().isEmpty()) {
            return "dup to " + expressions.expression(duplicate.device().orElseThrow());
        }
        return "dup to " + expressions.expression(duplicate.address().get())
                + duplicate
                        .device()
                        .map(each -> " device " + expressions.expression(each))
                        .orElse("");
    }

    String forward(Forward forward) {
        if (forward.address().isEmpty()) {
            return "fwd to " + expressions.expression(forward.device());
        }
        boolean six =
                forward.family().filter(each -> each == AddressFamily.IPV6).isPresent();
        return "fwd " + (six ? "ip6" : "ip") + " to "
                + expressions.expression(forward.address().get()) + " device "
                + expressions.expression(forward.device());
    }
}
