// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.NetlinkException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The changes of a batch that is only checked, so that the kernel registers no hook: it registers the hook of a base chain
 * before it commits ({@code nf_tables_addchain}, {@code nf_tables_updtable}), and drops all queued packets if it takes that
 * back ({@code __nf_tables_abort}, {@code nf_queue_nf_hook_drop}). The chains of a dormant table have no hooks.
 */
final class UnhookedChanges {
    /** A table at a place in the batch. */
    private static final class TableAt {
        final boolean sleeps;
        /** The devices of its base chains. */
        final Map<String, Set<String>> base = new HashMap<>();
        /** The chains that are checked as regular ones. */
        final Set<String> regular = new HashSet<>();

        TableAt(boolean sleeps) {
            this.sleeps = sleeps;
        }
    }

    private final long generation;
    private final Map<TableId, Optional<TableAt>> tables = new HashMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final List<RulesetObject> partly = new ArrayList<>();

    private UnhookedChanges(long generation) {
        this.generation = generation;
    }

    /**
     * The changes for a state of the ruleset.
     *
     * @param changes those of a batch
     * @param listing reads the tables that get hooks
     * @param generation the state
     */
    static UnhookedChanges of(List<Change> changes, Listing listing, long generation) throws NetlinkException {
        UnhookedChanges unhooked = new UnhookedChanges(generation);
        for (Change change : changes) {
            if (change.object() instanceof Table || change.object() instanceof Chain) {
                unhooked.read(change.object().table(), listing);
            }
        }
        for (Change change : changes) {
            RulesetObject object = unhooked.follow(change);
            unhooked.changes.add(new Change(change.action(), object, false, change.place()));
        }
        return unhooked;
    }

    private void read(TableId id, Listing listing) throws NetlinkException {
        if (tables.containsKey(id)) {
            return;
        }
        Optional<Table> table = listing.table(id);
        TableAt at = null;
        if (table.isPresent()) {
            at = new TableAt(table.get().flags().contains(TableFlag.DORMANT));
            for (Chain chain : listing.chains(id)) {
                if (chain.hook().isPresent()) {
                    at.base.put(chain.name(), new HashSet<>(chain.hook().get().devices()));
                }
            }
        }
        tables.put(id, Optional.ofNullable(at));
    }

    /** Follows the batch by a change, and returns the object that is sent. */
    private RulesetObject follow(Change change) {
        if (change.object() instanceof Table table) {
            return followTable(change, table);
        }
        if (change.object() instanceof Chain chain) {
            TableAt at = tables.getOrDefault(chain.table(), Optional.empty()).orElse(null);
            return at == null || at.sleeps ? chain : followChain(change, chain, at);
        }
        return change.object();
    }

    private Table followTable(Change change, Table table) {
        TableAt at = tables.getOrDefault(table.table(), Optional.empty()).orElse(null);
        if (change.removes()) {
            tables.put(table.table(), Optional.empty());
            return table;
        }
        if (change.action() == Change.Action.FLUSH) {
            return table;
        }
        boolean sleeps = at == null || at.sleeps || table.flags().contains(TableFlag.DORMANT);
        if (at == null) {
            partly.add(table);
        }
        if (at == null || at.sleeps != sleeps) {
            tables.put(table.table(), Optional.of(new TableAt(sleeps)));
        }
        return sleeps ? table.with(TableFlag.DORMANT) : table;
    }

    private Chain followChain(Change change, Chain chain, TableAt at) {
        if (change.removes()) {
            at.base.remove(chain.name());
            at.regular.remove(chain.name());
            return chain;
        }
        Set<String> devices =
                chain.hook().map(hook -> Set.copyOf(hook.devices())).orElse(null);
        if (devices == null || change.action() == Change.Action.FLUSH || isHooked(at.base.get(chain.name()), devices)) {
            return chain;
        }
        if (at.regular.add(chain.name())) {
            partly.add(chain);
        }
        Chain regular = Chain.regular(chain.table(), chain.name());
        return chain.comment().isPresent() ? regular.comment(chain.comment().get()) : regular;
    }

    /** Whether a chain is registered for all devices already. */
    private static boolean isHooked(@Nullable Set<String> registered, Set<String> devices) {
        return registered != null && registered.containsAll(devices);
    }

    /** The state that they are for. */
    long generation() {
        return generation;
    }

    /** The changes to send, as many as the batch has. */
    List<Change> changes() {
        return changes;
    }

    /** The new tables, which the kernel does not validate ({@code nft_table_validate}), and base chains sent as regular ones. */
    List<RulesetObject> partlyChecked() {
        return partly;
    }
}
