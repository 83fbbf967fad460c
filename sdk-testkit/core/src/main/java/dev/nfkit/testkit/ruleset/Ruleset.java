// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.StoredElement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** All tables, and the base chains in the order of their execution. Requires the clock's lock. */
public final class Ruleset {
    private static final int INET = 1;
    private static final int NETDEV = 5;
    private static final int INET_INGRESS = 5;
    private final Map<TableKey, TableState> tables = new LinkedHashMap<>();
    private final List<ChainState> registered = new ArrayList<>();
    private final Map<CodeChain, ChainState> byCode = new HashMap<>();
    private final Set<ChainState> changed = new HashSet<>();
    private final Undo undo = new Undo();
    private final List<Runnable> batchIds = new ArrayList<>();
    private final Runnable unregistered;
    private long generation = 1;
    private long lastTable;
    private boolean lostHook;
    private boolean gainedHook;

    /**
     * Creates an empty ruleset.
     *
     * @param unregistered is called after base chains were removed
     */
    public Ruleset(Runnable unregistered) {
        this.unregistered = unregistered;
    }

    /** The number of the present state. */
    public long generation() {
        return generation;
    }

    public @Nullable TableState table(TableKey key) {
        return tables.get(key);
    }

    public List<TableState> all() {
        return List.copyOf(tables.values());
    }

    /** The handle of the next table. */
    public long nextTable() {
        return ++lastTable;
    }

    /** The chain of its code. */
    public @Nullable ChainState chain(CodeChain code) {
        return byCode.get(code);
    }

    /** The base chains of a hook of IP, in the order of their priorities; of one priority the last one first. */
    public List<ChainState> at(int family, int hook) {
        return select((its, where) -> (its == family || its == INET) && where.number() == hook);
    }

    /** The base chains of a device's own hooks, in the same order. */
    public List<ChainState> ofDevice(String device) {
        return select((its, where) -> (its == NETDEV || (its == INET && where.number() == INET_INGRESS))
                && where.devices().contains(device));
    }

    /** Whether a chain translates addresses of a family. */
    public boolean translates(int family) {
        return !select((its, where) -> (its == family || its == INET) && where.nat())
                .isEmpty();
    }

    private List<ChainState> select(BiPredicate<Integer, BaseHook> wanted) {
        List<ChainState> found = new ArrayList<>();
        for (ChainState chain : registered) {
            BaseHook where = chain.hook();
            boolean dormant = (chain.table().flags() & TableState.DORMANT) != 0;
            if (where != null && !dormant && wanted.test(chain.table().family(), where)) {
                int at = 0;
                while (at < found.size() && priority(found.get(at)) < where.priority()) {
                    at++;
                }
                found.add(at, chain);
            }
        }
        return found;
    }

    private static int priority(ChainState chain) {
        BaseHook hook = chain.hook();
        return hook == null ? 0 : hook.priority();
    }

    // Changes, each of which can be taken back until the commit.

    public void add(TableState table) {
        undo.change(() -> tables.put(table.key(), table), () -> tables.remove(table.key()));
    }

    /** Removes a table with all it contains. */
    public void remove(TableState table) {
        table.allChains().forEach(this::flush);
        for (SetState set : table.allSets()) {
            remove(set);
        }
        table.allChains().forEach(this::remove);
        for (ObjectState object : table.allObjects()) {
            remove(object);
        }
        undo.change(() -> tables.remove(table.key()), () -> tables.put(table.key(), table));
    }

    /** Changes the flags of a table; a dormant one loses its hooks. */
    public void flags(TableState table, long flags) {
        long before = table.flags();
        boolean lost = lostHook;
        boolean hooks = registered.stream().anyMatch(chain -> chain.table() == table);
        boolean sleeps = hooks && (flags & ~before & TableState.DORMANT) != 0;
        boolean wakes = hooks && (before & ~flags & TableState.DORMANT) != 0;
        undo.change(
                () -> {
                    table.flags = flags;
                    lostHook |= sleeps;
                    gainedHook |= wakes;
                },
                () -> {
                    table.flags = before;
                    lostHook = lost;
                });
    }

    /** Gives a table without an owner to a socket. */
    public void adopt(TableState table, long port) {
        undo.change(() -> table.owner(port), () -> table.owner(0));
    }

    public void add(ChainState chain) {
        Map<String, ChainState> chains = in(chain.table()).chains;
        batchIds.add(chain::forgetId);
        undo.change(
                () -> {
                    chains.put(chain.name(), chain);
                    byCode.put(chain.code(), chain);
                    if (chain.hook() != null) {
                        registered.add(chain);
                        gainedHook |= (chain.table().flags() & TableState.DORMANT) == 0;
                    }
                },
                () -> {
                    chains.remove(chain.name());
                    byCode.remove(chain.code());
                    registered.remove(chain);
                });
    }

    /** Removes a chain without rules. */
    public void remove(ChainState chain) {
        Map<String, ChainState> chains = in(chain.table()).chains;
        int place = registered.indexOf(chain);
        boolean before = lostHook;
        undo.change(
                () -> {
                    chains.remove(chain.name());
                    lostHook |= registered.remove(chain);
                },
                () -> {
                    chains.put(chain.name(), chain);
                    lostHook = before;
                    if (place >= 0) {
                        registered.add(place, chain);
                    }
                });
    }

    public void policy(ChainState chain, int policy) {
        int before = chain.policy();
        undo.change(() -> chain.decide(policy), () -> chain.decide(before));
    }

    public void rename(ChainState chain, String name) {
        String before = chain.name();
        Map<String, ChainState> chains = in(chain.table()).chains;
        undo.change(() -> rename(chains, chain, name), () -> rename(chains, chain, before));
    }

    private static void rename(Map<String, ChainState> chains, ChainState chain, String name) {
        chains.remove(chain.name());
        chain.rename(name);
        chains.put(name, chain);
    }

    /** Adds a rule at a position. */
    public void add(int at, RuleState rule) {
        ChainState chain = rule.chain();
        changed.add(chain);
        batchIds.add(rule::forgetId);
        undo.change(() -> chain.put(at, rule), () -> chain.take(at));
    }

    /** Removes a rule, and the anonymous sets that are its own. */
    public void remove(RuleState rule) {
        ChainState chain = rule.chain();
        int at = chain.rules().indexOf(rule);
        changed.add(chain);
        undo.change(() -> chain.take(at), () -> chain.put(at, rule));
        for (Referent used : Set.copyOf(rule.uses())) {
            if (used instanceof SetState set && set.properties().is(SetProperties.ANONYMOUS) && set.references() == 0) {
                remove(set);
            }
        }
    }

    /** Removes the rules of a chain. */
    public void flush(ChainState chain) {
        List.copyOf(chain.rules()).forEach(this::remove);
    }

    public void add(SetState set) {
        Map<String, SetState> sets = in(set.table()).sets;
        batchIds.add(set::forgetId);
        undo.change(() -> sets.put(set.name(), set), () -> sets.remove(set.name()));
    }

    /** Removes a set with its elements. */
    public void remove(SetState set) {
        set.elements().forEach(element -> remove(set, element));
        Map<String, SetState> sets = in(set.table()).sets;
        undo.change(() -> sets.remove(set.name()), () -> sets.put(set.name(), set));
    }

    public void add(SetState set, StoredElement element) {
        undo.change(
                () -> {
                    set.put(element);
                    refer(element, 1);
                },
                () -> {
                    set.take(element);
                    refer(element, -1);
                });
    }

    public void remove(SetState set, StoredElement element) {
        undo.change(
                () -> {
                    set.take(element);
                    refer(element, -1);
                },
                () -> {
                    set.put(element);
                    refer(element, 1);
                });
    }

    /** Gives an element the lifetime of another one. */
    public void lifetime(StoredElement element, StoredElement other) {
        long timeout = element.timeoutMillis();
        long expires = element.expires();
        undo.change(
                () -> element.lifetime(other.timeoutMillis(), other.expires()),
                () -> element.lifetime(timeout, expires));
    }

    private void refer(StoredElement element, int change) {
        CodeChain target = element.target();
        ChainState chain = target == null ? null : byCode.get(target);
        if (chain != null) {
            chain.refer(change);
        }
        if (element.object() instanceof ObjectState object) {
            object.refer(change);
        }
    }

    public void add(ObjectState object) {
        Map<ObjectKey, ObjectState> objects = in(object.table()).objects;
        ObjectKey key = new ObjectKey(object.type(), object.name());
        undo.change(() -> objects.put(key, object), () -> objects.remove(key));
    }

    /** Changes the parameters of an object, which keeps its state. */
    public void update(ObjectState object, Instruction changed) {
        Instruction before = object.operation().dumped();
        undo.change(
                () -> object.operation().update(changed),
                () -> object.operation().update(before));
    }

    public void remove(ObjectState object) {
        Map<ObjectKey, ObjectState> objects = in(object.table()).objects;
        ObjectKey key = new ObjectKey(object.type(), object.name());
        undo.change(() -> objects.remove(key), () -> objects.put(key, object));
    }

    private TableState in(TableIdentity table) {
        return Objects.requireNonNull(tables.get(table.key()), "a table that is not in the ruleset");
    }

    /** Makes the changes final. */
    public void commit() {
        generation++;
        settle();
    }

    private void settle() {
        undo.forget();
        batchIds.forEach(Runnable::run);
        batchIds.clear();
        changed.forEach(ChainState::refresh);
        changed.clear();
        gainedHook = false;
        if (lostHook) {
            lostHook = false;
            unregistered.run();
        }
    }

    /** Takes the changes back. The kernel has registered the hooks of new base chains, and unregisters them. */
    public void abort() {
        undo.back();
        inOrder(tables, TableState::handle);
        tables.values().forEach(TableState::inOrder);
        batchIds.clear();
        changed.clear();
        if (gainedHook) {
            gainedHook = false;
            unregistered.run();
        }
    }

    /** Puts objects in the order in which they were made, which that of their removal may have changed. */
    static <K, V> void inOrder(Map<K, V> objects, ToLongFunction<V> handle) {
        List<Map.Entry<K, V>> entries = new ArrayList<>();
        objects.forEach((key, object) -> entries.add(Map.entry(key, object)));
        entries.sort(Comparator.comparingLong(entry -> handle.applyAsLong(entry.getValue())));
        objects.clear();
        entries.forEach(entry -> objects.put(entry.getKey(), entry.getValue()));
    }

    /** Removes the tables of a closed socket; those that persist stay without an owner. */
    public void ownerClosed(long port) {
        boolean any = false;
        for (TableState table : all()) {
            if (table.owner() == port) {
                if ((table.flags() & TableState.PERSIST) != 0) {
                    table.owner(0);
                } else {
                    remove(table);
                    any = true;
                }
            }
        }
        if (any) {
            settle(); // the kernel does not count it as a change
        }
    }
}
