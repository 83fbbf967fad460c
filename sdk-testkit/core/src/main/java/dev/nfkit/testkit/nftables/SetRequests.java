// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.testkit.instruction.Operations;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.ruleset.SetProperties;
import dev.nfkit.testkit.ruleset.SetState;
import dev.nfkit.testkit.ruleset.TableState;
import dev.nfkit.wire.AttributeCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Requests that change sets. */
final class SetRequests {
    private static final int LONGEST_KEY = 64;
    private static final int LONGEST_ANONYMOUS = 16;
    private static final long VERDICT = 0xffff_ff00L;
    private static final int VERDICT_LENGTH = 16;

    private SetRequests() {}

    static void create(Change change, Notices notices, LongSupplier now) throws Refused {
        Attributes attributes = change.attributes();
        SetProperties properties = properties(attributes);
        TableState table = change.table(Nfta.SET_TABLE);
        String name = attributes.text(Nfta.SET_NAME);
        SetState set = table.set(name);
        if (set != null) {
            change.exists(Nfta.SET_NAME);
            if (!set.fits(properties)) {
                throw attributes.refuse(Errno.EEXIST, Nfta.SET_NAME);
            }
        } else {
            change.creates();
            set = new SetState(
                    table,
                    named(table, name),
                    table.nextHandle(),
                    attributes.number(Nfta.SET_ID, 0),
                    properties,
                    state(attributes, Nfta.SET_EXPR, Nfta.SET_EXPRESSIONS),
                    SetRequests::compiled,
                    now);
            change.ruleset().add(set);
        }
        SetState changed = set;
        notices.add(change.request(), MessageTypes.NEWSET, table.family(), writer -> Contents.set(writer, changed));
    }

    /** Compiles the state of an element, which refers to nothing. */
    static Operation compiled(Instruction instruction) {
        try {
            return Operations.of(instruction, NoScope.NONE);
        } catch (Refused e) {
            throw new IllegalStateException("state that refers to something: " + instruction, e);
        }
    }

    static List<Instruction> state(Attributes attributes, int one, int several) throws Refused {
        try {
            AttributeCursor single = attributes.cursor(one);
            if (single != null) {
                return List.of(new InstructionReader().read(single));
            }
            AttributeCursor list = attributes.cursor(several);
            return list == null ? List.of() : new InstructionReader().readList(list);
        } catch (MalformedMessageException e) {
            throw new Refused(Errno.EINVAL);
        }
    }

    private static SetProperties properties(Attributes attributes) throws Refused {
        for (int required : new int[] {Nfta.SET_TABLE, Nfta.SET_NAME, Nfta.SET_KEY_LEN, Nfta.SET_ID}) {
            if (!attributes.has(required)) {
                throw new Refused(Errno.EINVAL);
            }
        }
        long flags = attributes.number(Nfta.SET_FLAGS, 0);
        long keyLength = attributes.number(Nfta.SET_KEY_LEN, 0);
        if (keyLength < 1 || keyLength > LONGEST_KEY) {
            throw new Refused(Errno.EINVAL);
        }
        if ((flags & ~SetProperties.ALL) != 0) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
        boolean map = (flags & SetProperties.MAP) != 0;
        boolean objects = (flags & SetProperties.OBJECT) != 0;
        boolean evaluated = (flags & SetProperties.EVAL) != 0;
        if ((map && objects) || (objects && evaluated)) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
        if (attributes.has(Nfta.SET_DATA_TYPE) != map
                || attributes.has(Nfta.SET_OBJ_TYPE) != objects
                || (attributes.has(Nfta.SET_TIMEOUT) && (flags & SetProperties.TIMEOUT) == 0)) {
            throw new Refused(Errno.EINVAL);
        }
        long dataType = attributes.number(Nfta.SET_DATA_TYPE, 0);
        int dataLength = (int) attributes.number(Nfta.SET_DATA_LEN, 0);
        if (map && dataType == VERDICT) {
            dataLength = VERDICT_LENGTH;
        } else if (map && (dataLength < 1 || dataLength > LONGEST_KEY)) {
            throw new Refused(Errno.EINVAL);
        }
        byte[] data = attributes.bytes(Nfta.SET_USERDATA);
        Attributes description = attributes.nest(Nfta.SET_DESC);
        return new SetProperties(
                flags,
                attributes.number(Nfta.SET_KEY_TYPE, 0),
                (int) keyLength,
                dataType,
                dataLength,
                (int) attributes.number(Nfta.SET_OBJ_TYPE, 0),
                attributes.number(Nfta.SET_POLICY, 0),
                description == null ? 0 : description.number(Nfta.SET_DESC_SIZE, 0),
                fields(description),
                attributes.number(Nfta.SET_TIMEOUT, 0),
                attributes.number(Nfta.SET_GC_INTERVAL, 0),
                data == null ? null : Bytes.of(data));
    }

    private static List<Integer> fields(@Nullable Attributes description) throws Refused {
        Attributes list = description == null ? null : description.nest(Nfta.SET_DESC_CONCAT);
        List<Integer> lengths = new ArrayList<>();
        if (list != null) {
            for (Attributes field : list.elements()) {
                lengths.add((int) field.number(Nfta.SET_FIELD_LEN, 0));
            }
        }
        return lengths;
    }

    /** A name with %d becomes the first free one. */
    private static String named(TableState table, String name) throws Refused {
        int percent = name.indexOf('%');
        if (percent < 0) {
            return name;
        }
        if (!name.startsWith("%d", percent)
                || name.indexOf('%', percent + 1) >= 0
                || name.length() >= LONGEST_ANONYMOUS) {
            throw new Refused(Errno.EINVAL);
        }
        for (int number = 0; ; number++) {
            String free = name.replace("%d", Integer.toString(number));
            if (table.set(free) == null) {
                return free;
            }
        }
    }

    static void remove(Change change, Notices notices, boolean permitMissing) throws Refused {
        Attributes attributes = change.attributes();
        if (change.request().family() == 0) {
            throw new Refused(Errno.EAFNOSUPPORT);
        }
        TableState table = change.table(Nfta.SET_TABLE);
        boolean byHandle = attributes.has(Nfta.SET_HANDLE);
        int named = byHandle ? Nfta.SET_HANDLE : Nfta.SET_NAME;
        SetState set = null;
        for (SetState each : table.allSets()) {
            if (byHandle
                    ? each.handle() == attributes.number(named, 0)
                    : attributes.has(named) && each.name().equals(attributes.text(named))) {
                set = each;
            }
        }
        if (set == null) {
            if (permitMissing) {
                return;
            }
            throw attributes.refuse(Errno.ENOENT, named);
        }
        if (set.references() > 0
                || (change.on(TableRequests.NOT_RECURSIVE) && !set.elements().isEmpty())) {
            throw attributes.refuse(Errno.EBUSY, named);
        }
        remove(change, notices, set);
    }

    /** Removes a set to which nothing refers. */
    static void remove(Change change, Notices notices, SetState set) {
        change.ruleset().remove(set);
        notices.add(
                change.request(), MessageTypes.DELSET, set.table().family(), writer -> Contents.removed(writer, set));
    }
}
