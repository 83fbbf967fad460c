// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.testkit.kernel.KernelDump;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.StoredElement;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.ruleset.ObjectState;
import dev.nfkit.testkit.ruleset.RuleState;
import dev.nfkit.testkit.ruleset.Ruleset;
import dev.nfkit.testkit.ruleset.SetState;
import dev.nfkit.testkit.ruleset.TableState;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Requests that read the ruleset: one object, or a dump. */
final class Queries {
    private static final int CAPACITY = 1 << 16;
    /** The bytes of elements in one message of a dump. */
    private static final int ELEMENTS = 2500;

    private final Ruleset ruleset;
    private final LongSupplier now;

    Queries(Ruleset ruleset, LongSupplier now) {
        this.ruleset = ruleset;
        this.now = now;
    }

    /** Answers a request. Returns whether it may be acknowledged; a dump is not. */
    boolean answer(KernelSocket socket, ParsedMessage request) throws Refused {
        Change query = new Change(ruleset, request, true);
        Rows rows = new Rows(ruleset, request, socket);
        boolean dump = rows.dumps();
        switch (request.type()) {
            case MessageTypes.GETGEN -> rows.add(MessageTypes.NEWGEN, 0, this::generation);
            case MessageTypes.GETTABLE -> tables(query, rows, dump);
            case MessageTypes.GETCHAIN -> chains(query, rows, dump);
            case MessageTypes.GETRULE -> rules(query, rows, dump, false);
            case MessageTypes.GETRULE_RESET -> rules(query, rows, dump, true);
            case MessageTypes.GETSET -> sets(query, rows, dump);
            case MessageTypes.GETSETELEM, MessageTypes.GETSETELEM_RESET -> elements(query, rows, dump);
            case MessageTypes.GETOBJ -> objects(query, rows, dump, false);
            case MessageTypes.GETOBJ_RESET -> objects(query, rows, dump, true);
            case MessageTypes.GETFLOWTABLE -> {
                if (!dump) {
                    throw new Refused(Errno.ENOENT);
                }
            }
            default -> throw new Refused(Errno.EINVAL);
        }
        if (dump) {
            return !socket.dump(new KernelDump(socket, request, rows, false));
        }
        rows.deliver();
        return true;
    }

    void generation(MessageWriter writer) {
        writer.be32(Nfta.GEN_ID, ruleset.generation())
                .be32(Nfta.GEN_PROC_PID, ProcessHandle.current().pid())
                .string(Nfta.GEN_PROC_NAME, "java");
    }

    private List<TableState> wanted(Change query, int attribute) throws Refused {
        List<TableState> wanted = new ArrayList<>();
        int family = query.request().family();
        for (TableState table : ruleset.all()) {
            boolean named = !query.attributes().has(attribute)
                    || query.attributes().text(attribute).equals(table.key().name());
            if (named && (family == 0 || family == table.family())) {
                wanted.add(table);
            }
        }
        return wanted;
    }

    private void tables(Change query, Rows rows, boolean dump) throws Refused {
        List<TableState> wanted = dump ? wanted(query, 0) : List.of(query.table(Nfta.TABLE_NAME));
        for (TableState table : wanted) {
            rows.add(MessageTypes.NEWTABLE, table.family(), writer -> Contents.table(writer, table));
        }
    }

    private void chains(Change query, Rows rows, boolean dump) throws Refused {
        List<ChainState> wanted = new ArrayList<>();
        if (dump) {
            wanted(query, 0).forEach(table -> table.allChains().forEach(wanted::add));
        } else {
            wanted.add(query.chain(query.table(Nfta.CHAIN_TABLE), Nfta.CHAIN_NAME));
        }
        for (ChainState chain : wanted) {
            rows.add(MessageTypes.NEWCHAIN, chain.table().family(), writer -> Contents.chain(writer, chain));
        }
    }

    private void rules(Change query, Rows rows, boolean dump, boolean reset) throws Refused {
        Attributes attributes = query.attributes();
        List<RuleState> wanted = new ArrayList<>();
        if (dump) {
            for (TableState table : wanted(query, Nfta.RULE_TABLE)) {
                for (ChainState chain : table.allChains()) {
                    if (!attributes.has(Nfta.RULE_CHAIN)
                            || attributes.text(Nfta.RULE_CHAIN).equals(chain.name())) {
                        wanted.addAll(chain.rules());
                    }
                }
            }
        } else {
            ChainState chain = query.chain(query.table(Nfta.RULE_TABLE), Nfta.RULE_CHAIN);
            RuleState rule = chain.rule(attributes.number(Nfta.RULE_HANDLE, 0));
            if (rule == null) {
                throw attributes.refuse(Errno.ENOENT, Nfta.RULE_HANDLE);
            }
            wanted.add(rule);
        }
        for (RuleState rule : wanted) {
            rows.add(
                    MessageTypes.NEWRULE,
                    rule.chain().table().family(),
                    writer -> Contents.rule(writer, rule, false),
                    () -> reset(reset, rule.operations()));
        }
    }

    private static void reset(boolean wanted, List<Operation> operations) {
        if (wanted) {
            operations.forEach(Operation::reset);
        }
    }

    private void sets(Change query, Rows rows, boolean dump) throws Refused {
        List<SetState> wanted = new ArrayList<>();
        if (dump) {
            wanted(query, Nfta.SET_TABLE).forEach(table -> table.allSets().forEach(wanted::add));
        } else {
            wanted.add(query.set(query.table(Nfta.SET_TABLE), Nfta.SET_NAME, 0));
        }
        for (SetState set : wanted) {
            rows.add(MessageTypes.NEWSET, set.table().family(), writer -> Contents.set(writer, set));
        }
    }

    private void elements(Change query, Rows rows, boolean dump) throws Refused {
        TableState table = query.table(Nfta.SET_ELEM_LIST_TABLE);
        SetState set = ElementRequests.set(query, table);
        boolean reset = query.request().type() == MessageTypes.GETSETELEM_RESET;
        long time = now.getAsLong();
        List<StoredElement> wanted = dump ? set.elements() : named(query, table, set);
        List<StoredElement> part = new ArrayList<>();
        int length = 0;
        for (StoredElement element : wanted) {
            int size = size(set, element, time);
            if (!part.isEmpty() && (!dump || length + size > ELEMENTS)) {
                add(rows, set, part, time, reset);
                part = new ArrayList<>();
                length = 0;
            }
            part.add(element);
            length += size;
        }
        if (!part.isEmpty()) {
            add(rows, set, part, time, reset);
        }
    }

    private static void add(Rows rows, SetState set, List<StoredElement> part, long time, boolean reset) {
        rows.add(
                MessageTypes.NEWSETELEM,
                set.table().family(),
                writer -> Contents.elements(writer, set, part, time),
                () -> part.forEach(element -> reset(reset, element.state())));
    }

    private static int size(SetState set, StoredElement element, long time) {
        MessageWriter writer = new MessageWriter(CAPACITY >> 4, ByteOrder.nativeOrder());
        writer.begin(0, 0, 0);
        Contents.element(writer, set, element, time);
        return writer.end().length();
    }

    private static List<StoredElement> named(Change query, TableState table, SetState set) throws Refused {
        Attributes list = query.attributes().nest(Nfta.SET_ELEM_LIST_ELEMENTS);
        if (list == null) {
            throw new Refused(Errno.EINVAL);
        }
        List<StoredElement> found = new ArrayList<>();
        int place = 0;
        for (Attributes attributes : list.elements()) {
            StoredElement key = ElementRequests.element(table, set, attributes, false);
            StoredElement element = set.asked(key);
            if (element == null) {
                throw list.refuseNth(Errno.ENOENT, place);
            }
            found.add(element);
            place++;
        }
        return found;
    }

    private void objects(Change query, Rows rows, boolean dump, boolean reset) throws Refused {
        List<ObjectState> wanted = new ArrayList<>();
        if (dump) {
            long type = query.attributes().number(Nfta.OBJ_TYPE, 0);
            for (TableState table : wanted(query, Nfta.OBJ_TABLE)) {
                for (ObjectState object : table.allObjects()) {
                    if (type == 0 || type == object.type()) {
                        wanted.add(object);
                    }
                }
            }
        } else {
            ObjectState object = ObjectRequests.find(query.table(Nfta.OBJ_TABLE), query.attributes(), false);
            if (object == null) {
                throw query.attributes().refuse(Errno.ENOENT, Nfta.OBJ_NAME);
            }
            wanted.add(object);
        }
        for (ObjectState object : wanted) {
            rows.add(
                    MessageTypes.NEWOBJ,
                    object.table().family(),
                    writer -> Contents.object(writer, object),
                    () -> reset(reset, List.of(object.operation())));
        }
    }
}
