// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.text.RuleParser;
import java.util.List;
import java.util.Optional;

/**
 * Which packets a session gets. The session installs the rule itself, after its group or queue is bound, and removes it
 * before it is unbound, so that no packet is lost for lack of a listener.
 *
 * <pre>{@code
 * NflogOptions.builder().group(30).rule(PacketRule.of("tcp dport 443")).build()
 * PacketRule.of("udp dport 53").hooks("output")
 * PacketRule.of("ct state new").priority("filter - 10")
 * }</pre>
 *
 * <p>By default the rule is in a table of the family inet that belongs to the session ({@code NFT_TABLE_F_OWNER}, Linux
 * 5.12): the table disappears with the process, even if that is killed. It has a chain at each of the hooks input,
 * forward and output, at the priority {@code filter}. A packet passes one of them; one that this host sends to itself is
 * only seen at input.
 *
 * <p><b>Removing a base chain drops the waiting packets of all queues of the network namespace</b>, and so does the end
 * of its owner; fail-open does not prevent it ({@code nf_queue_nf_hook_drop}). A session of NFQUEUE has no waiting
 * packets when it removes its own chains, but other processes' queues may. In a namespace with several owners of queues,
 * make the chain once and put the rule into it by {@link #in}: then only the rule is removed. It stays if the process is
 * killed. {@link Chain} states what a change of base chains does to packets that wait; a session counts what it can see of
 * it ({@code NfqueueStatistics.gone}).
 *
 * <p>Immutable; safe for any number of threads.
 */
public final class PacketRule {
    private static final List<String> HOOKS = List.of("input", "forward", "output");
    private static final List<String> DEVICE_HOOKS = List.of("ingress", "egress");
    private static final String PRIORITY = "filter";

    private final AddressFamily family;
    private final String text;
    private final List<Statement> matches;
    private final List<String> hooks;
    private final String priority;
    private final Optional<TableId> table;
    private final String chain;

    private PacketRule(
            AddressFamily family,
            String text,
            List<String> hooks,
            String priority,
            Optional<TableId> table,
            String chain) {
        this.family = family;
        this.text = text;
        this.matches = matches(family, text);
        this.hooks = List.copyOf(hooks);
        this.priority = priority;
        this.table = table;
        this.chain = chain;
        for (String hook : hooks) {
            hook(family, hook, priority); // refuses what does not exist
            if (DEVICE_HOOKS.contains(hook)) {
                throw new IllegalArgumentException("hook " + hook + " is a device's: make the chain with the device, "
                        + "and name it by in(table, chain)");
            }
        }
    }

    /**
     * The packets that a rule matches.
     *
     * @param match matches, and statements with a state such as {@code limit} or {@code counter}, in the language of nft;
     *     empty for all packets
     * @return the rule
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule, with line and column
     * @throws IllegalArgumentException if it contains a verdict or another statement that the session adds itself
     */
    public static PacketRule of(String match) {
        return new PacketRule(AddressFamily.INET, match, HOOKS, PRIORITY, Optional.empty(), "");
    }

    /**
     * The same place with another match.
     *
     * @param match matches in the language of nft; empty for all packets
     * @return a new value
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule, with line and column
     * @throws IllegalArgumentException if it contains a verdict or another statement that the session adds itself
     */
    public PacketRule matching(String match) {
        return new PacketRule(family, match, hooks, priority, table, chain);
    }

    /**
     * The same rule in a table of another family.
     *
     * @param family a family that has tables, such as {@link AddressFamily#IPV4}; inet by default
     * @return a new value
     * @throws IllegalArgumentException if the family has no tables, or the rule is none in it
     */
    public PacketRule family(AddressFamily family) {
        return new PacketRule(family, text, hooks, priority, table, chain);
    }

    /**
     * The same rule at other hooks.
     *
     * @param names nft's names of hooks, such as {@code prerouting}; at least one
     * @return a new value
     * @throws IllegalArgumentException if there is none, the family has no such hook, or it is a device's
     */
    public PacketRule hooks(String... names) {
        if (names.length == 0) {
            throw new IllegalArgumentException("hooks must have at least one name");
        }
        return new PacketRule(family, text, List.of(names), priority, table, chain);
    }

    /**
     * The same rule at another priority: lower ones are first.
     *
     * @param priority a number, or a name with or without an offset, such as {@code mangle} or {@code filter - 5}
     * @return a new value
     * @throws IllegalArgumentException if it is none
     */
    public PacketRule priority(String priority) {
        return new PacketRule(family, text, hooks, priority, table, chain);
    }

    /**
     * The same rule at the end of a chain that exists, instead of a table of its own. Hooks and priority are then the
     * chain's.
     *
     * @param table the chain's table
     * @param chain the chain's name
     * @return a new value
     * @throws IllegalArgumentException if the name is too long or empty, or the rule is none in the table's family
     */
    public PacketRule in(TableId table, String chain) {
        return new PacketRule(
                table.family(), text, List.of(), priority, Optional.of(table), Names.object("chain", chain));
    }

    private static List<Statement> matches(AddressFamily family, String text) {
        if (text.isBlank()) {
            return List.of();
        }
        List<Statement> statements =
                RuleParser.parse(family, SetType.Lookup.NONE, text).statements();
        for (Statement statement : statements) {
            if (!(statement instanceof Match) && !(statement instanceof Stateful)) {
                throw new IllegalArgumentException("\"" + text + "\" must only match, count or limit packets: "
                        + "the session adds what becomes of them");
            }
        }
        return statements;
    }

    static ChainHook hook(AddressFamily family, String hook, String priority) {
        return ChainHook.of(family, ChainType.FILTER, hook, priority);
    }

    /**
     * The text of the matches.
     *
     * @return the text, empty for all packets
     */
    public String text() {
        return text;
    }

    AddressFamily family() {
        return family;
    }

    List<Statement> matches() {
        return matches;
    }

    List<String> hooks() {
        return hooks;
    }

    String priority() {
        return priority;
    }

    /** The table of the chain that exists; empty for a table of its own. */
    Optional<TableId> table() {
        return table;
    }

    String chain() {
        return chain;
    }

    /**
     * The text of the matches, for messages.
     *
     * @return the text, or {@code all packets}
     */
    @Override
    public String toString() {
        return text.isBlank() ? "all packets" : text;
    }
}
