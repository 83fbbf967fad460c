// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.codec.ElementJoiner;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.compile.CompiledElement;
import dev.nfkit.nftables.compile.CompiledSet;
import dev.nfkit.nftables.decompile.RuleDecompiler;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Reads the messages of {@code NFNLGRP_NFTABLES}. One thread at a time. */
final class EventReader {
    private static final int GENERATION_MASK = 0xffff;

    private final NftablesEventOptions options;
    private final KnownSets sets;
    private final RawElements raw = new RawElements();
    private final AttributeCursor names = new AttributeCursor();

    /** The generation at the beginning; negative once an event of a later one has arrived. */
    private long before;

    /** The elements that arrive, and whether they are added; null between those of different sets. */
    private @Nullable Joining joining;

    private record Joining(NftSet set, boolean added, long portId, ElementJoiner joiner) {}

    EventReader(NftablesEventOptions options, KnownSets sets, Generation before) {
        this.options = options;
        this.sets = sets;
        this.before = before.id();
    }

    /**
     * Reads a message.
     *
     * @param message a cursor on it
     * @param events gets the events that are complete
     * @return whether the options exclude it
     */
    boolean read(MessageCursor message, Queue<NftablesEvent> events) throws MalformedMessageException {
        int type = message.type();
        if (type >> 8 != Netlink.NFNL_SUBSYS_NFTABLES) {
            return false;
        }
        message.requireNfgenmsg();
        if (isBefore(message)) {
            return false;
        }
        if (type != MessageTypes.NEWSETELEM && type != MessageTypes.DELSETELEM) {
            endElements(events);
        }
        if (type == MessageTypes.NEWGEN) {
            sets.committed();
            events.add(new NftablesEvent.Committed(Generation.read(message), message.portId()));
            return false;
        }
        ObjectKind kind = kind(type);
        if (kind == null) {
            return false;
        }
        if (!options.matches(table(message))) {
            return true;
        }
        RulesetObject object = object(kind, type == kind.created(), message, events);
        if (object == null) {
            return false;
        }
        if (!options.kinds().contains(kind)) {
            return true;
        }
        boolean inserted = kind == ObjectKind.RULE && (message.flags() & Netlink.NLM_F_APPEND) == 0;
        events.add(
                type == kind.created()
                        ? new NftablesEvent.Added(object, inserted, message.portId())
                        : new NftablesEvent.Removed(object, message.portId()));
        return false;
    }

    /** Whether the event is older than the sets that were read at the beginning: the kernel sends the lower half of the number. */
    private boolean isBefore(MessageCursor message) {
        if (before >= 0 && (short) ((message.resId() & GENERATION_MASK) - before) > 0) {
            before = -1;
        }
        return before >= 0;
    }

    private static @Nullable ObjectKind kind(int type) {
        for (ObjectKind kind : ObjectKind.values()) {
            if (type == kind.created() || type == kind.deleted()) {
                return kind;
            }
        }
        return null;
    }

    /** The table of any object: the attribute's number is the same in all messages. */
    private TableId table(MessageCursor message) throws MalformedMessageException {
        return Read.table(message, name(message, Nfta.TABLE_NAME));
    }

    private @Nullable String name(MessageCursor message, int attribute) throws MalformedMessageException {
        names.wrap(message, "event");
        while (names.next()) {
            if (names.type() == attribute) {
                return names.string();
            }
        }
        return null;
    }

    /** The object of an event; null if it is part of a rule, or not complete. */
    private @Nullable RulesetObject object(
            ObjectKind kind, boolean added, MessageCursor message, Queue<NftablesEvent> events)
            throws MalformedMessageException {
        return switch (kind) {
            case TABLE -> table(message, added);
            case CHAIN -> Chain.read(message);
            case RULE -> options.kinds().contains(kind) ? rule(Rule.read(message), added) : Rule.read(message);
            case SET -> set(message, added);
            case ELEMENTS -> {
                elements(message, added, events);
                yield null;
            }
            case OBJECT -> StatefulObject.read(message);
            case FLOW_TABLE -> FlowTable.read(message);
        };
    }

    private Table table(MessageCursor message, boolean added) throws MalformedMessageException {
        Table table = Table.read(message);
        if (!added) {
            sets.remove(table.table());
        }
        return table;
    }

    private @Nullable NftSet set(MessageCursor message, boolean added) throws MalformedMessageException {
        NftSet set;
        if (added) {
            set = NftSet.read(message);
            sets.add(set);
        } else {
            TableId table = table(message);
            String name = Read.name("a set's name", name(message, Nfta.SET_NAME));
            set = sets.remove(table, name);
            if (set == null) {
                throw unknown(name);
            }
        }
        return set.anonymous() ? null : set;
    }

    private static MalformedMessageException unknown(String set) {
        return new MalformedMessageException("NFTA_SET_NAME", 0, "a set that an earlier event has added", set);
    }

    private void elements(MessageCursor message, boolean added, Queue<NftablesEvent> events)
            throws MalformedMessageException {
        String name = Read.name("a set's name", name(message, Nfta.SET_ELEM_LIST_SET));
        NftSet set = sets.find(table(message), name);
        if (set == null) {
            throw unknown(name);
        }
        if (set.anonymous()) {
            endElements(events);
            List<CompiledElement> contents = sets.contents(set);
            if (added && contents != null) {
                raw.read(message, contents);
            }
            return;
        }
        if (!options.kinds().contains(ObjectKind.ELEMENTS)) {
            return;
        }
        Joining current = joining;
        if (current == null
                || current.set() != set
                || current.added() != added
                || current.portId() != message.portId()) {
            endElements(events);
            current = new Joining(set, added, message.portId(), new ElementJoiner(set.elements(message.order())));
            joining = current;
        }
        List<SetElement> complete = new ArrayList<>();
        current.joiner().read(message, complete);
        deliver(current, complete, events);
    }

    private static void deliver(Joining joining, List<SetElement> complete, Queue<NftablesEvent> events)
            throws MalformedMessageException {
        for (SetElement element : complete) {
            SetElements object;
            try {
                object = SetElements.of(joining.set(), element);
            } catch (IllegalArgumentException e) {
                throw new MalformedMessageException(
                        "NFTA_SET_ELEM_LIST_ELEMENTS", 0, "an element of the set's type", "" + e.getMessage());
            }
            events.add(
                    joining.added()
                            ? new NftablesEvent.Added(object, false, joining.portId())
                            : new NftablesEvent.Removed(object, joining.portId()));
        }
    }

    private void endElements(Queue<NftablesEvent> events) throws MalformedMessageException {
        Joining current = joining;
        joining = null;
        if (current != null) {
            List<SetElement> complete = new ArrayList<>();
            current.joiner().end(complete);
            deliver(current, complete, events);
        }
    }

    /** The rule with its statements. */
    private Rule rule(Rule rule, boolean added) throws MalformedMessageException {
        List<Instruction> instructions = rule.body().instructions();
        List<String> referred = RuleReader.sets(instructions);
        Map<String, CompiledSet> contained = new HashMap<>();
        for (String name : referred) {
            NftSet set = sets.find(rule.table(), name);
            if (set == null || (!set.anonymous() && set.objects().isEmpty())) {
                continue;
            }
            List<CompiledElement> elements = RuleReader.contains(set) ? sets.contents(set) : List.of();
            if (elements == null && added) { // a loss ended inside the transaction
                Optional<Rule> present = sets.reread(rule);
                if (present.isPresent()) {
                    return present.get();
                }
            }
            if (elements != null) {
                contained.put(name, set.compiled(List.copyOf(elements)));
            }
        }
        AddressFamily family = rule.table().family();
        SetType.Lookup types = sets.types(rule.table(), referred);
        return rule.ofEvent(
                RuleDecompiler.decompile(
                        family, types, contained::get, rule.body().order(), instructions),
                types);
    }

    /** Events were lost: the next element may be of another interval. */
    void lost() throws NetlinkException {
        joining = null;
        before = -1;
        sets.reload();
    }
}
