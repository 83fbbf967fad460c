// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.SetTable;
import dev.nfkit.testkit.machine.StoredElement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A set with its elements. Requires the clock's lock. */
public final class SetState extends Referent implements SetTable {
    private final TableIdentity table;
    private final String name;
    private final long handle;
    private long id;
    private final SetProperties properties;
    private final List<Instruction> state;
    private final Function<Instruction, Operation> compiler;
    private final LongSupplier now;
    private final ElementStore store;
    private @Nullable StoredElement catchAll;

    /** Creates a set without elements; its id is that of the batch, or 0. */
    public SetState(
            TableIdentity table,
            String name,
            long handle,
            long id,
            SetProperties properties,
            List<Instruction> state,
            Function<Instruction, Operation> compiler,
            LongSupplier now) {
        this.table = table;
        this.name = name;
        this.handle = handle;
        this.id = id;
        this.properties = properties;
        this.state = List.copyOf(state);
        this.compiler = compiler;
        this.now = now;
        boolean interval = properties.is(SetProperties.INTERVAL);
        if (interval && properties.fields().size() > 1) {
            store = new BoxStore(properties.fields());
        } else {
            store = interval ? new IntervalStore(properties.keyLength()) : new HashStore(properties.keyLength());
        }
    }

    public TableIdentity table() {
        return table;
    }

    @Override
    public String name() {
        return name;
    }

    public long handle() {
        return handle;
    }

    public long id() {
        return id;
    }

    /** Ends the batch: its ids do not apply in the next one. */
    void forgetId() {
        id = 0;
    }

    public SetProperties properties() {
        return properties;
    }

    /** The state that each element gets. */
    public List<Instruction> state() {
        return state;
    }

    /** Whether another set could be made with these properties under this name. */
    public boolean fits(SetProperties other) {
        return properties.same(other);
    }

    @Override
    public int keyLength() {
        return properties.keyLength();
    }

    @Override
    public @Nullable StoredElement find(byte[] registers, int offset) {
        return store.find(registers, offset, now.getAsLong());
    }

    @Override
    public @Nullable StoredElement catchAll() {
        return catchAll == null || catchAll.expired(now.getAsLong()) ? null : catchAll;
    }

    @Override
    public int dataLength() {
        return properties.dataLength();
    }

    @Override
    public boolean map() {
        return properties.is(SetProperties.MAP);
    }

    @Override
    public long timeoutMillis() {
        return properties.timeout();
    }

    @Override
    public @Nullable StoredElement add(
            byte[] key, byte @Nullable [] data, long timeoutMillis, List<Operation> elementState) {
        if (full()) {
            return null;
        }
        StoredElement element = new StoredElement(
                key, null, 0, data == null ? null : Constant.of(data), null, null, elementState, null);
        element.lifetime(timeoutMillis, timeoutMillis, now.getAsLong());
        store.put(element);
        return element;
    }

    @Override
    public void remove(byte[] key) {
        StoredElement found = store.find(key, 0, now.getAsLong());
        if (found != null) {
            store.remove(found);
        }
    }

    @Override
    public List<Operation> newState() {
        return state.stream().map(compiler).toList();
    }

    /** Whether it has as many elements as its size permits. */
    public boolean full() {
        return properties.size() != 0 && elements().size() >= properties.size();
    }

    /** All elements that have not expired, in the order of a dump. */
    public List<StoredElement> elements() {
        long time = now.getAsLong();
        List<StoredElement> all = new ArrayList<>(store.all());
        if (catchAll != null) {
            all.add(catchAll);
        }
        all.removeIf(element -> element.expired(time));
        return all;
    }

    /** The stored element that an element names, or null. */
    public @Nullable StoredElement same(StoredElement element) {
        return element.key().length == 0 ? catchAll() : store.same(element, now.getAsLong());
    }

    /** The stored element that a request for one key means, or null. */
    public @Nullable StoredElement asked(StoredElement key) {
        return key.key().length == 0 ? catchAll() : store.asked(key, now.getAsLong());
    }

    /** Whether an element overlaps others that are not the same. */
    public boolean overlaps(StoredElement element) {
        return element.key().length != 0 && store.clash(element, now.getAsLong()) == ElementStore.Clash.OVERLAP;
    }

    void put(StoredElement element) {
        if (element.key().length == 0) {
            catchAll = element;
        } else {
            store.put(element);
        }
    }

    void take(StoredElement element) {
        if (element.key().length == 0) {
            catchAll = null;
        } else {
            store.remove(element);
        }
    }
}
