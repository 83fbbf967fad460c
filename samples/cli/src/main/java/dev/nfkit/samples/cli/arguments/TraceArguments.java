// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.nftables.PacketRule;
import dev.nfkit.nftables.trace.PacketPathOptions;
import dev.nfkit.samples.cli.run.Failure;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command traces packets: the place of a rule that it installs while it runs. */
public final class TraceArguments {
    /** Before the chains of others. */
    private static final String FIRST = "-400";
    /** After connection tracking, which is at -200. */
    private static final String TRACKED = "-199";

    private static final Pattern CONNECTION = Pattern.compile("(^|\\s)ct\\s");

    @Option(
            names = "--hook",
            paramLabel = "HOOK",
            split = ",",
            description = "Where tracing begins: prerouting, input, forward, output, postrouting (prerouting,output).")
    private List<String> hooks = List.of();

    @Option(
            names = "--priority",
            paramLabel = "PRIORITY",
            description = "The priority where it begins: a number, or a name such as mangle or 'filter - 5' (-400, and"
                    + " -199 for a match of ct, since connections are not known before).")
    private @Nullable String priority;

    @Option(
            names = "--family",
            paramLabel = "FAMILY",
            description = "The family of packets: inet, ip, ip6, bridge or arp (inet).")
    private @Nullable String family;

    /**
     * The options of a session that traces what a match selects.
     *
     * @param what the option or parameter of the match, for messages
     * @param match matches in the language of nft; empty for all packets
     */
    public PacketPathOptions options(String what, String match) throws Failure {
        return options(what, match, hooks, priority, family);
    }

    static PacketPathOptions options(
            String what, String match, List<String> hooks, @Nullable String priority, @Nullable String family)
            throws Failure {
        try {
            PacketRule rule = PacketRule.of("").hooks("input", "output");
            if (family != null) {
                rule = rule.family(InstalledRuleArguments.family(family));
            }
            String first = "arp".equalsIgnoreCase(family) ? "input" : "prerouting";
            List<String> places = hooks.isEmpty() ? List.of(first, "output") : hooks;
            String order =
                    priority != null ? priority : CONNECTION.matcher(match).find() ? TRACKED : FIRST;
            return PacketPathOptions.builder()
                    .rule(rule.hooks(places.toArray(String[]::new))
                            .priority(order)
                            .matching(match))
                    .build();
        } catch (IllegalArgumentException e) {
            throw FilterLanguage.refused(what, match, e);
        }
    }
}
