// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Rule;
import dev.nfkit.nftables.RuleReader;
import dev.nfkit.nftables.TableId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The ruleset that traces refer to: the rules by their handles, and the base chains. A chain's rules are read when the first
 * of them is asked for, and again after the ruleset changed. Memory is bounded by the ruleset.
 *
 * <p>A rule that was removed after the packet met it is not found.
 *
 * <p>Safe for any number of threads; not inside a sink of a listing of the same client: IllegalStateException.
 */
public final class TracedRuleset {
    /** What identifies a rule as long as the ruleset does not change. */
    private record RuleKey(TableId table, long handle) {}

    private final Nftables client;
    private final Map<BaseChains.Key, Map<Long, Rule>> rules = new HashMap<>();
    private final Map<TableId, RuleReader> readers = new HashMap<>();
    private final Map<RuleKey, String> texts = new HashMap<>();
    private @Nullable BaseChains chains;
    private long generation = -1;

    /**
     * The ruleset of a client.
     *
     * @param client reads it; the caller closes it
     */
    public TracedRuleset(Nftables client) {
        this.client = client;
    }

    /**
     * Compares the state of the ruleset with the one that was read, and forgets that if it has changed.
     *
     * @return whether it has changed, or was never read
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public synchronized boolean refresh() throws NetlinkException {
        long now = client.list().generation().id();
        if (now == generation) {
            return false;
        }
        rules.clear();
        readers.clear();
        texts.clear();
        chains = null;
        generation = now;
        return true;
    }

    /**
     * The base chains, as of the last {@link #refresh}.
     *
     * @return the chains
     * @throws NetlinkException as {@link #refresh}
     */
    public synchronized BaseChains chains() throws NetlinkException {
        BaseChains known = chains;
        if (known == null) {
            known = BaseChains.of(client.list().chains());
            chains = known;
        }
        return known;
    }

    /**
     * A rule by its handle. If it is not among the rules that were read, the ruleset is compared and read again if it has
     * changed.
     *
     * @param table the rule's table
     * @param chain the rule's chain
     * @param handle the rule's handle
     * @return the rule; empty if there is none
     * @throws NetlinkException as {@link #refresh}, or if a rule cannot be read
     */
    public synchronized Optional<Rule> rule(TableId table, String chain, long handle) throws NetlinkException {
        Rule known = rulesOf(table, chain).get(handle);
        if (known == null && refresh()) {
            known = rulesOf(table, chain).get(handle);
        }
        return Optional.ofNullable(known);
    }

    private Map<Long, Rule> rulesOf(TableId table, String chain) throws NetlinkException {
        BaseChains.Key key = new BaseChains.Key(table, chain);
        Map<Long, Rule> known = rules.get(key);
        if (known == null) {
            if (generation < 0) {
                refresh();
            }
            Map<Long, Rule> read = new HashMap<>();
            client.list()
                    .<RuntimeException>rules(
                            table, chain, rule -> rule.handle().ifPresent(handle -> read.put(handle, rule)));
            rules.put(key, read);
            known = read;
        }
        return known;
    }

    /**
     * A rule's text, as nft prints it.
     *
     * @param table the rule's table
     * @param chain the rule's chain
     * @param handle the rule's handle
     * @return one line; it contains text from outside, such as comments; empty if there is no such rule
     * @throws NetlinkException as {@link #rule}
     */
    public synchronized Optional<String> text(TableId table, String chain, long handle) throws NetlinkException {
        Optional<Rule> rule = rule(table, chain, handle);
        if (rule.isEmpty()) {
            return Optional.empty();
        }
        RuleKey key = new RuleKey(table, handle);
        String known = texts.get(key);
        if (known == null) {
            RuleReader reader = readers.get(table);
            if (reader == null) {
                reader = client.list().ruleReader(table);
                readers.put(table, reader);
            }
            known = reader.text(rule.get());
            texts.put(key, known);
        }
        return Optional.of(known);
    }
}
