// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.compile.CompiledElement;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.session.RepeatedWarning;
import dev.nfkit.session.SessionLog;
import dev.nfkit.socket.NetlinkTransport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sets that exist, so that events of elements and rules can be read. Of the sets that rules contain it has the elements
 * as long as the transaction lasts that made them: the rule follows in the same one.
 */
final class KnownSets {
    private final NetlinkTransport transport;
    private final RepeatedWarning unread = new RepeatedWarning();
    private final Map<TableId, Map<String, NftSet>> tables = new HashMap<>();
    private final Map<NftSet, List<CompiledElement>> contents = new HashMap<>();

    KnownSets(NetlinkTransport transport) {
        this.transport = transport;
    }

    /** Reads the present sets. Returns the generation of which they are. */
    Generation load() throws NetlinkException {
        try (Nftables client = Nftables.open(transport)) {
            return client.<Generation, RuntimeException>consistent((listing, generation) -> {
                replace(listing.sets());
                return generation;
            });
        }
    }

    /** Reads the present sets after a loss, as they are in the middle of changes. */
    void reload() throws NetlinkException {
        try (Nftables client = Nftables.open(transport)) {
            replace(client.list().sets());
        }
    }

    /** A rule with sets that no event has shown, as the kernel has them now; empty if it cannot be read any more. */
    Optional<Rule> reread(Rule rule) {
        try (Nftables client = Nftables.open(transport)) {
            return Optional.of(rule.ofEvent(
                    client.list().statements(rule),
                    types(rule.table(), RuleReader.sets(rule.body().instructions()))));
        } catch (NetlinkException e) {
            long total = unread.count(1);
            if (total > 0) {
                SessionLog.warn(NftablesEvents.class, "the sets of a rule could not be read (" + total + " so far)", e);
            }
            return Optional.empty();
        }
    }

    private void replace(List<NftSet> sets) {
        tables.clear();
        contents.clear();
        sets.forEach(this::put);
    }

    private void put(NftSet set) {
        tables.computeIfAbsent(set.table(), table -> new HashMap<>()).put(set.name(), set);
    }

    void add(NftSet set) {
        put(set);
        if (set.anonymous()) {
            contents.put(set, new ArrayList<>());
        }
    }

    @Nullable
    NftSet find(TableId table, String name) {
        return tables.getOrDefault(table, Map.of()).get(name);
    }

    /** Forgets a set. Returns what was known of it. */
    @Nullable
    NftSet remove(TableId table, String name) {
        Map<String, NftSet> sets = tables.get(table);
        return sets == null ? null : sets.remove(name);
    }

    void remove(TableId table) {
        tables.remove(table);
    }

    /** The elements of a set that a rule contains; null if this transaction did not make it. */
    @Nullable
    List<CompiledElement> contents(NftSet set) {
        return contents.get(set);
    }

    void committed() {
        contents.clear();
    }

    /** The types of some sets, as they are now. */
    SetType.Lookup types(TableId table, List<String> names) {
        Map<String, SetType> types = new HashMap<>();
        for (String name : names) {
            NftSet set = find(table, name);
            if (set != null) {
                types.put(name, set.type());
            }
        }
        return name -> Optional.ofNullable(types.get(name));
    }
}
