// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.Change.Action;
import dev.nfkit.nftables.Edits.Phase;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.Quota;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.text.StatefulPrinter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What makes an installed table the desired one.
 *
 * <p>Chains, sets and objects are compared by their names. One that differs in what the kernel cannot change is removed and made
 * again, with the rules and elements that refer to it. Chains and objects come first, because the elements of maps refer to
 * them; then sets, and rules at last.
 */
final class TableDifference {
    private final Edits edits = new Edits();
    private final TableContents installed;
    private final TableContents desired;
    private final boolean exact;

    /** Chains and objects that are removed. */
    private final Uses removed = new Uses();
    /** Chains and objects that are removed and made again. */
    private final Uses remade = new Uses();
    /** All objects that are removed, whether they are made again or not. */
    private final Uses gone = new Uses();

    private TableDifference(TableContents installed, TableContents desired, boolean exact) {
        this.installed = installed;
        this.desired = desired;
        this.exact = exact;
    }

    /** The changes of a table that is installed. */
    static Edits between(TableContents installed, TableContents desired, boolean exact) {
        return new TableDifference(installed, desired, exact).compare();
    }

    /** The changes that make a table. */
    static Edits making(TableContents desired) {
        TableContents none =
                new TableContents(desired.table(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of());
        TableDifference difference = new TableDifference(none, desired, true);
        difference.edits.add(Phase.TABLE, Action.ADD, desired.table(), RulesetText.declaration(desired.table()));
        return difference.compare();
    }

    private Edits compare() {
        table();
        Map<String, Chain> remadeChains = chains();
        objects();
        sets();
        rules(remadeChains);
        flowTables();
        return edits;
    }

    private void table() {
        Table old = installed.table();
        Table table = desired.table();
        boolean owned = table.flags().contains(TableFlag.OWNER);
        boolean orphan = old.flags().contains(TableFlag.OWNER) && old.owner().isEmpty() && old != table;
        // The kernel does not release or keep a table of an owner; what it would refuse to own is refused.
        long kept = owned ? 0 : old.flagBits() & (TableFlag.OWNER.bit() | TableFlag.PERSIST.bit());
        if ((table.flagBits() | kept) != old.flagBits() || (owned && orphan)) {
            Table changed = kept == 0 ? table : withFlags(table, old);
            boolean sleeps = table.flags().contains(TableFlag.DORMANT)
                    && !old.flags().contains(TableFlag.DORMANT)
                    && installed.chains().stream()
                            .anyMatch(chain -> chain.hook().isPresent());
            edits.add(Phase.TABLE, Action.ADD, changed, RulesetText.declaration(changed), sleeps);
        }
        if (kept != 0 && (table.flagBits() & kept) != kept) {
            edits.keep(table + " keeps its owner");
        }
        comment(table, old.comment(), table.comment());
    }

    private static Table withFlags(Table table, Table old) {
        Table result = table;
        for (TableFlag flag : List.of(TableFlag.OWNER, TableFlag.PERSIST)) {
            result = old.flags().contains(flag) ? result.with(flag) : result;
        }
        return result;
    }

    private void comment(RulesetObject object, Optional<String> old, Optional<String> comment) {
        if (!old.equals(comment)) {
            edits.keep(object + " keeps its comment: the kernel cannot change it");
        }
    }

    private static <T> Map<String, T> byName(List<T> objects, Function<T, String> name) {
        Map<String, T> found = new LinkedHashMap<>();
        objects.forEach(object -> found.put(name.apply(object), object));
        return found;
    }

    /** Returns the chains that are made anew, by name: new ones and those that are removed and made again. */
    private Map<String, Chain> chains() {
        Map<String, Chain> wanted = byName(desired.chains(), Chain::name);
        Map<String, Chain> anew = new LinkedHashMap<>(wanted);
        for (Chain old : installed.chains()) {
            Chain chain = wanted.get(old.name());
            if (chain != null && samePlace(old, chain)) {
                anew.remove(old.name());
                policy(old, chain);
                continue;
            }
            if (installed.rules().stream().anyMatch(rule -> rule.chain().equals(old.name()))) {
                edits.add(Phase.RULES_OUT, Action.FLUSH, old, "");
            }
            boolean base = old.hook().isPresent() && !installed.table().flags().contains(TableFlag.DORMANT);
            edits.add(Phase.CHAINS_OUT, Action.DELETE, old, "", base);
            (chain == null ? removed : remade).chain(old.name());
            gone.chain(old.name());
        }
        anew.values().forEach(chain -> edits.add(Phase.CHAINS_IN, Action.ADD, chain, RulesetText.declaration(chain)));
        return anew;
    }

    /** Whether a chain can stay. That of a hook stays for another comment, because removing it costs packets. */
    private static boolean samePlace(Chain old, Chain chain) {
        if (old.hook().isEmpty() || chain.hook().isEmpty()) {
            return old.hook().isEmpty()
                    && chain.hook().isEmpty()
                    && old.comment().equals(chain.comment());
        }
        ChainHook before = old.hook().get();
        ChainHook after = chain.hook().get();
        return before.type().equals(after.type())
                && before.hook().equals(after.hook())
                && before.priority().equals(after.priority())
                && new HashSet<>(before.devices()).equals(new HashSet<>(after.devices()));
    }

    private void policy(Chain old, Chain chain) {
        if (old.hook().isPresent()) {
            ChainPolicy policy = chain.policy().orElse(ChainPolicy.ACCEPT);
            if (policy != old.policy().orElse(ChainPolicy.ACCEPT)) {
                Chain changed = chain.policy(policy);
                edits.add(Phase.CHAINS_IN, Action.ADD, changed, RulesetText.declaration(changed));
            }
            comment(chain, old.comment(), chain.comment());
        }
    }

    private static String kindAndName(StatefulObject object) {
        return object.toString();
    }

    private void objects() {
        Map<String, StatefulObject> wanted = byName(desired.objects(), TableDifference::kindAndName);
        for (StatefulObject old : installed.objects()) {
            StatefulObject object = wanted.remove(kindAndName(old));
            if (object != null && old.comment().equals(object.comment()) && sameState(old, object)) {
                continue;
            }
            boolean quotas = object != null
                    && old.state().orElse(null) instanceof Quota
                    && object.state().orElse(null) instanceof Quota;
            if (object != null && quotas && old.comment().equals(object.comment())) {
                edits.add(Phase.OBJECTS_IN, Action.ADD, object, RulesetText.declaration(object));
                continue;
            }
            edits.add(Phase.OBJECTS_OUT, Action.DELETE, old, "");
            gone.object(old.name());
            if (object == null) {
                removed.object(old.name());
            } else {
                remade.object(old.name());
                make(object.withStateOf(old));
            }
        }
        wanted.values().forEach(this::make);
    }

    private void make(StatefulObject object) {
        edits.add(Phase.OBJECTS_IN, Action.ADD, object, RulesetText.declaration(object));
    }

    private static boolean sameState(StatefulObject old, StatefulObject object) {
        Stateful before = old.state().orElse(null);
        Stateful after = object.state().orElse(null);
        if (before instanceof Statement one && after instanceof Statement other) {
            return StatefulPrinter.fresh(one).equals(StatefulPrinter.fresh(other));
        }
        return before == null
                && after == null
                && Arrays.equals(old.data().toArray(), object.data().toArray());
    }

    /** The elements of the sets of a table, by the names of the sets. */
    private static Map<String, List<SetElement>> elements(TableContents contents) {
        Map<String, List<SetElement>> found = new HashMap<>();
        for (SetElements elements : contents.elements()) {
            found.computeIfAbsent(elements.set().name(), name -> new ArrayList<>())
                    .addAll(elements.elements());
        }
        return found;
    }

    private void sets() {
        Map<String, NftSet> wanted = byName(desired.sets(), NftSet::name);
        Map<String, List<SetElement>> present = elements(installed);
        Map<String, List<SetElement>> after = elements(desired);
        for (NftSet old : installed.sets()) {
            NftSet set = wanted.remove(old.name());
            if (set == null) {
                edits.add(Phase.SETS_OUT, Action.DELETE, old, "");
                gone.set(old.name());
                continue;
            }
            SetEdits changes = new SetEdits(
                    old,
                    present.getOrDefault(old.name(), List.of()),
                    set,
                    after.getOrDefault(set.name(), List.of()),
                    removed,
                    remade,
                    exact);
            changes.write(edits);
            if (changes.again()) {
                gone.set(old.name());
            }
        }
        wanted.values().forEach(set -> SetEdits.make(edits, set, after.getOrDefault(set.name(), List.of())));
    }

    private static Map<String, List<Rule>> byChain(List<Rule> rules) {
        Map<String, List<Rule>> found = new LinkedHashMap<>();
        rules.forEach(rule ->
                found.computeIfAbsent(rule.chain(), each -> new ArrayList<>()).add(rule));
        return found;
    }

    private void rules(Map<String, Chain> anew) {
        Uses branches = new Uses();
        installed.chains().forEach(chain -> branches.chain(chain.name()));
        installed.sets().stream()
                .filter(set -> set.type().data().contains(DataType.VERDICT))
                .forEach(map -> branches.set(map.name()));
        Map<String, List<Rule>> before = byChain(installed.rules());
        Map<String, List<Rule>> after = byChain(desired.rules());
        for (Chain chain : desired.chains()) {
            RuleEdits changes = new RuleEdits(
                    edits,
                    gone,
                    branches,
                    before.getOrDefault(chain.name(), List.of()),
                    after.getOrDefault(chain.name(), List.of()));
            if (anew.containsKey(chain.name())) {
                changes.again();
            } else {
                changes.change();
            }
            after.remove(chain.name());
        }
        if (!after.isEmpty()) {
            throw new IllegalArgumentException("the desired ruleset has rules of " + desired.table() + " for chain "
                    + after.keySet().iterator().next() + ", which it does not contain");
        }
    }

    private void flowTables() {
        Map<String, FlowTable> wanted = byName(desired.flowTables(), FlowTable::name);
        for (FlowTable old : installed.flowTables()) {
            if (wanted.remove(old.name()) == null) {
                edits.keep(old + " stays: flow tables are neither made nor removed");
            }
        }
        if (!wanted.isEmpty()) {
            throw new IllegalArgumentException("flow tables can be listed and deleted, not made: "
                    + wanted.values().iterator().next());
        }
    }
}
