// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.AddressFamily;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A table with all it contains. Requires the clock's lock. */
public final class TableState implements TableIdentity {
    public static final long DORMANT = 1;
    public static final long OWNER = 2;
    public static final long PERSIST = 4;

    private final TableKey key;
    private final long handle;
    private final byte @Nullable [] userData;
    final Map<String, ChainState> chains = new LinkedHashMap<>();
    final Map<String, SetState> sets = new LinkedHashMap<>();
    final Map<ObjectKey, ObjectState> objects = new LinkedHashMap<>();
    long flags;
    private long owner;
    private long lastHandle;

    /** Creates a table; the owner is the port id of its socket, or 0. */
    public TableState(TableKey key, long handle, long flags, long owner, byte @Nullable [] userData) {
        this.key = key;
        this.handle = handle;
        this.flags = flags;
        this.owner = owner;
        this.userData = userData;
    }

    @Override
    public TableKey key() {
        return key;
    }

    @Override
    public int family() {
        return key.family();
    }

    public long handle() {
        return handle;
    }

    @Override
    public long flags() {
        return flags;
    }

    /** The port id of its owner, or 0. */
    public long owner() {
        return owner;
    }

    /** Sets its owner; 0 for none. */
    void owner(long port) {
        owner = port;
    }

    public byte @Nullable [] userData() {
        return userData;
    }

    /** The number of things in it. */
    public int uses() {
        return chains.size() + sets.size() + objects.size();
    }

    /** The next handle. */
    public long nextHandle() {
        return ++lastHandle;
    }

    public @Nullable ChainState chain(String name) {
        return chains.get(name);
    }

    public @Nullable SetState set(String name) {
        return sets.get(name);
    }

    public @Nullable ObjectState object(int type, String name) {
        return objects.get(new ObjectKey(type, name));
    }

    public Iterable<ChainState> allChains() {
        return List.copyOf(chains.values());
    }

    public Iterable<SetState> allSets() {
        return List.copyOf(sets.values());
    }

    public Iterable<ObjectState> allObjects() {
        return List.copyOf(objects.values());
    }

    /** Puts what it contains in the order in which it was made. */
    void inOrder() {
        Ruleset.inOrder(chains, ChainState::handle);
        Ruleset.inOrder(sets, SetState::handle);
        Ruleset.inOrder(objects, ObjectState::handle);
    }

    @Override
    public String describe() {
        return AddressFamily.of(key.family()).name().toLowerCase(Locale.ROOT) + " " + key.name();
    }
}
