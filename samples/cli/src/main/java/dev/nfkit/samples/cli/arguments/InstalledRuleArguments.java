// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.nftables.trace.PacketPathOptions;
import dev.nfkit.samples.cli.run.Failure;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a rule that the command installs itself, while it runs. */
public final class InstalledRuleArguments {
    private static final int MOST = 65535;

    @Option(
            names = "--rule",
            paramLabel = "MATCH",
            description =
                    "Install a rule with this match in the language of nft, such as 'tcp dport 443', and remove it"
                            + " at the end; '' for all packets. It disappears with the process. -i is then not needed.")
    private @Nullable String match;

    @Option(
            names = "--hook",
            paramLabel = "HOOK",
            split = ",",
            description =
                    "The hooks of --rule: prerouting, input, forward, output, postrouting (input,forward,output).")
    private List<String> hooks = List.of();

    @Option(
            names = "--priority",
            paramLabel = "PRIORITY",
            description = "The priority of --rule: a number, or a name such as mangle or 'filter - 5' (filter).")
    private @Nullable String priority;

    @Option(
            names = "--family",
            paramLabel = "FAMILY",
            description = "The family of --rule's table: inet, ip, ip6, bridge or arp (inet).")
    private @Nullable String family;

    /** Whether {@code --rule} was given. */
    public boolean matches() {
        return match != null;
    }

    /** The options of a session that traces what a match selects, at the place that these options give. */
    public PacketPathOptions traced(String what, String traced) throws Failure {
        return TraceArguments.options(what, traced, hooks, priority, family);
    }

    /** The rule, or empty without {@code --rule}. */
    public Optional<PacketRule> rule() throws Failure {
        if (match == null) {
            if (!hooks.isEmpty() || priority != null || family != null) {
                throw Failure.usage("--hook, --priority and --family need --rule");
            }
            return Optional.empty();
        }
        PacketRule rule = PacketRule.of("");
        String option = "--family";
        try {
            if (family != null) {
                rule = rule.family(family(family));
            }
            option = "--hook";
            if (!hooks.isEmpty()) {
                rule = rule.hooks(hooks.toArray(String[]::new));
            }
            option = "--priority";
            if (priority != null) {
                rule = rule.priority(priority);
            }
        } catch (IllegalArgumentException e) {
            throw Failure.usage(option + ": " + e.getMessage(), e);
        }
        try {
            return Optional.of(rule.matching(match));
        } catch (IllegalArgumentException e) {
            throw FilterLanguage.refused("--rule", match, e);
        }
    }

    static AddressFamily family(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "inet" -> AddressFamily.INET;
            case "ip" -> AddressFamily.IPV4;
            case "ip6" -> AddressFamily.IPV6;
            case "bridge" -> AddressFamily.BRIDGE;
            case "arp" -> AddressFamily.ARP;
            default ->
                throw new IllegalArgumentException("family " + name + " is none of inet, ip, ip6, bridge and arp");
        };
    }

    /**
     * The numbers of {@code -i}, or with {@code --rule} alone one that no process uses.
     *
     * @param what the syntax of {@code -i}
     * @param interfaces the arguments of {@code -i}
     * @param used whether a group or queue is in use
     */
    public List<Integer> numbers(InterfaceArgument what, List<String> interfaces, IntPredicate used) throws Failure {
        if (!interfaces.isEmpty()) {
            return what.numbers(interfaces);
        }
        if (match == null) {
            throw Failure.usage(
                    "give -i " + what.example() + " for what rules send there, or --rule MATCH to install one");
        }
        for (int number = MOST; number > 0; number--) {
            if (!used.test(number)) {
                return List.of(number);
            }
        }
        throw Failure.usage("--rule: all numbers are in use; give one by -i");
    }
}
