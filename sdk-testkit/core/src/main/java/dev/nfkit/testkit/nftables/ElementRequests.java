// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Data;
import dev.nfkit.nftables.bytecode.DataReader;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.StatefulObject;
import dev.nfkit.testkit.machine.StoredElement;
import dev.nfkit.testkit.ruleset.Jumps;
import dev.nfkit.testkit.ruleset.SetProperties;
import dev.nfkit.testkit.ruleset.SetState;
import dev.nfkit.testkit.ruleset.TableState;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Requests that change the elements of sets. */
final class ElementRequests {
    private static final int INTERVAL_END = 1;
    private static final int CATCH_ALL = 2;
    private static final byte[] NO_KEY = {};

    private ElementRequests() {}

    static SetState set(Change change, TableState table) throws Refused {
        return change.set(table, Nfta.SET_ELEM_LIST_SET, Nfta.SET_ELEM_LIST_SET_ID);
    }

    static void create(Change change, Notices notices, LongSupplier now) throws Refused {
        Attributes list = change.attributes().nest(Nfta.SET_ELEM_LIST_ELEMENTS);
        if (list == null) {
            throw new Refused(Errno.EINVAL);
        }
        TableState table = change.table(Nfta.SET_ELEM_LIST_TABLE);
        SetState set = set(change, table);
        SetProperties properties = set.properties();
        if (set.references() > 0 && (properties.is(SetProperties.CONSTANT) || properties.is(SetProperties.ANONYMOUS))) {
            throw new Refused(Errno.EBUSY);
        }
        int place = 0;
        boolean jumps = false;
        for (Attributes element : list.elements()) {
            try {
                jumps |= add(change, notices, table, set, element, now.getAsLong());
            } catch (Refused e) {
                throw list.refuseNth(e.errno(), place);
            }
            place++;
        }
        if (jumps && Jumps.tooDeep(change.ruleset(), table)) {
            throw new Refused(Errno.EMLINK);
        }
    }

    /** Adds an element. Returns whether it jumps to a chain. */
    private static boolean add(
            Change change, Notices notices, TableState table, SetState set, Attributes attributes, long now)
            throws Refused {
        StoredElement element = element(table, set, attributes, true);
        lifetime(set, element, attributes, now);
        if (set.overlaps(element)) {
            throw new Refused(Errno.EEXIST);
        }
        StoredElement same = set.same(element);
        if (same != null) {
            boolean differs = !Objects.equals(same.data(), element.data()) || same.object() != element.object();
            if (differs) {
                throw new Refused(Errno.EBUSY);
            }
            if (change.on(Netlink.NLM_F_EXCL)) {
                throw new Refused(Errno.EEXIST);
            }
            boolean begins = attributes.has(Nfta.SET_ELEM_EXPIRATION);
            if (same.timeoutMillis() != 0 && (begins || same.timeoutMillis() != element.timeoutMillis())) {
                change.ruleset().lifetime(same, element);
                note(change, notices, MessageTypes.NEWSETELEM, set, same, now);
            }
            return false;
        }
        if (set.full()) {
            throw new Refused(Errno.ENFILE);
        }
        change.ruleset().add(set, element);
        note(change, notices, MessageTypes.NEWSETELEM, set, element, now);
        return element.target() != null;
    }

    private static void note(Change change, Notices notices, int type, SetState set, StoredElement element, long now) {
        notices.add(
                change.request(),
                type,
                set.table().family(),
                writer -> Contents.elements(writer, set, List.of(element), now));
    }

    private static void lifetime(SetState set, StoredElement element, Attributes attributes, long now) throws Refused {
        boolean timed = set.properties().is(SetProperties.TIMEOUT);
        if (!timed && (attributes.has(Nfta.SET_ELEM_TIMEOUT) || attributes.has(Nfta.SET_ELEM_EXPIRATION))) {
            throw new Refused(Errno.EINVAL);
        }
        if (timed && (element.flags() & INTERVAL_END) == 0) {
            long timeout =
                    attributes.number(Nfta.SET_ELEM_TIMEOUT, set.properties().timeout());
            long left = attributes.number(Nfta.SET_ELEM_EXPIRATION, timeout);
            if (left > timeout) {
                throw new Refused(Errno.ERANGE);
            }
            element.lifetime(timeout, left == 0 ? timeout : left, now);
        }
    }

    /** The element that a nest describes. */
    static StoredElement element(TableState table, SetState set, Attributes attributes, boolean whole) throws Refused {
        SetProperties properties = set.properties();
        int flags = (int) attributes.number(Nfta.SET_ELEM_FLAGS, 0);
        boolean ends = (flags & INTERVAL_END) != 0;
        boolean any = (flags & CATCH_ALL) != 0;
        if ((ends && (any || !properties.is(SetProperties.INTERVAL))) || any == attributes.has(Nfta.SET_ELEM_KEY)) {
            throw new Refused(Errno.EINVAL);
        }
        byte[] key = any ? NO_KEY : key(set, attributes, Nfta.SET_ELEM_KEY);
        byte[] keyEnd = attributes.has(Nfta.SET_ELEM_KEY_END) ? key(set, attributes, Nfta.SET_ELEM_KEY_END) : null;
        if (keyEnd != null && Arrays.compareUnsigned(key, keyEnd) > 0) {
            throw new Refused(Errno.EINVAL);
        }
        if (keyEnd == null
                && !any
                && properties.is(SetProperties.INTERVAL)
                && properties.fields().size() > 1) {
            keyEnd = key.clone();
        }
        if (!whole) {
            return new StoredElement(key, keyEnd, flags, null, null, null, List.of(), null);
        }
        Data data = data(set, attributes, ends);
        CodeChain target = null;
        References references = new References(table);
        if (data instanceof Verdict verdict
                && (verdict.code() == Verdict.NFT_JUMP || verdict.code() == Verdict.NFT_GOTO)) {
            target = references.chain(verdict.chain(), verdict.chainId());
            data = new Verdict(verdict.code(), target.name(), null);
        }
        StatefulObject object = null;
        if (attributes.has(Nfta.SET_ELEM_OBJREF)) {
            if (!properties.is(SetProperties.OBJECT)) {
                throw new Refused(Errno.EINVAL);
            }
            object = references.object(properties.objectType(), attributes.text(Nfta.SET_ELEM_OBJREF));
        } else if (properties.is(SetProperties.OBJECT) && !ends) {
            throw new Refused(Errno.EINVAL);
        }
        return new StoredElement(
                key,
                keyEnd,
                flags,
                data,
                target,
                object,
                state(set, attributes, ends),
                attributes.bytes(Nfta.SET_ELEM_USERDATA));
    }

    private static List<Operation> state(SetState set, Attributes attributes, boolean ends) throws Refused {
        List<Instruction> sent = SetRequests.state(attributes, Nfta.SET_ELEM_EXPR, Nfta.SET_ELEM_EXPRESSIONS);
        if (ends) {
            return List.of();
        }
        if (sent.isEmpty()) {
            return set.newState();
        }
        List<Operation> state = new ArrayList<>();
        sent.forEach(each -> state.add(SetRequests.compiled(each)));
        return state;
    }

    private static @Nullable Data data(SetState set, Attributes attributes, boolean ends) throws Refused {
        boolean there = attributes.has(Nfta.SET_ELEM_DATA);
        if (there != (set.map() && !ends)) {
            throw new Refused(Errno.EINVAL);
        }
        return there ? read(attributes, Nfta.SET_ELEM_DATA) : null;
    }

    private static byte[] key(SetState set, Attributes attributes, int attribute) throws Refused {
        if (read(attributes, attribute) instanceof Constant constant && constant.length() == set.keyLength()) {
            return constant.toArray();
        }
        throw new Refused(Errno.EINVAL);
    }

    private static Data read(Attributes attributes, int attribute) throws Refused {
        AttributeCursor at = attributes.at(attribute);
        try {
            Data data = at == null ? null : new DataReader().read(at);
            if (data != null) {
                return data;
            }
        } catch (MalformedMessageException e) {
            throw new Refused(Errno.EINVAL);
        }
        throw new Refused(Errno.EINVAL);
    }

    static void remove(Change change, Notices notices, boolean permitMissing, long now) throws Refused {
        TableState table = change.table(Nfta.SET_ELEM_LIST_TABLE);
        SetState set = set(change, table);
        SetProperties properties = set.properties();
        if (properties.is(SetProperties.ANONYMOUS) || (set.references() > 0 && properties.is(SetProperties.CONSTANT))) {
            throw new Refused(properties.is(SetProperties.ANONYMOUS) ? Errno.EOPNOTSUPP : Errno.EBUSY);
        }
        Attributes list = change.attributes().nest(Nfta.SET_ELEM_LIST_ELEMENTS);
        if (list == null) {
            for (StoredElement element : set.elements()) {
                change.ruleset().remove(set, element);
                note(change, notices, MessageTypes.DELSETELEM, set, element, now);
            }
            return;
        }
        int place = 0;
        for (Attributes attributes : list.elements()) {
            try {
                StoredElement same = set.same(element(table, set, attributes, false));
                if (same != null) {
                    change.ruleset().remove(set, same);
                    note(change, notices, MessageTypes.DELSETELEM, set, same, now);
                } else if (!permitMissing) {
                    throw new Refused(Errno.ENOENT);
                }
            } catch (Refused e) {
                throw list.refuseNth(e.errno(), place);
            }
            place++;
        }
    }
}
