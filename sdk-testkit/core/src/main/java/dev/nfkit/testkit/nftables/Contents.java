// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.StoredElement;
import dev.nfkit.testkit.ruleset.BaseHook;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.ruleset.ObjectState;
import dev.nfkit.testkit.ruleset.RuleState;
import dev.nfkit.testkit.ruleset.SetProperties;
import dev.nfkit.testkit.ruleset.SetState;
import dev.nfkit.testkit.ruleset.TableState;
import dev.nfkit.wire.MessageWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the attributes of messages to user space, in the kernel's order ({@code nf_tables_fill_*_info}). */
final class Contents {
    private Contents() {}

    private static void userData(MessageWriter writer, int attribute, byte @Nullable [] data) {
        if (data != null) {
            writer.bytes(attribute, data);
        }
    }

    static void table(MessageWriter writer, TableState table) {
        writer.string(Nfta.TABLE_NAME, table.key().name())
                .be64(Nfta.TABLE_HANDLE, table.handle())
                .be32(Nfta.TABLE_FLAGS, table.flags())
                .be32(Nfta.TABLE_USE, table.uses());
        if (table.owner() != 0) {
            writer.be32(Nfta.TABLE_OWNER, table.owner());
        }
        userData(writer, Nfta.TABLE_USERDATA, table.userData());
    }

    /** A table that was removed. */
    static void removed(MessageWriter writer, TableState table) {
        writer.string(Nfta.TABLE_NAME, table.key().name())
                .be32(Nfta.TABLE_USE, table.uses())
                .be64(Nfta.TABLE_HANDLE, table.handle());
    }

    /** A chain that was removed. */
    static void removed(MessageWriter writer, ChainState chain) {
        writer.string(Nfta.CHAIN_TABLE, chain.table().key().name())
                .string(Nfta.CHAIN_NAME, chain.name())
                .be64(Nfta.CHAIN_HANDLE, chain.handle());
    }

    /** A set that was removed. */
    static void removed(MessageWriter writer, SetState set) {
        writer.string(Nfta.SET_TABLE, set.table().key().name())
                .string(Nfta.SET_NAME, set.name())
                .be64(Nfta.SET_HANDLE, set.handle());
    }

    /** An object that was removed. */
    static void removed(MessageWriter writer, ObjectState object) {
        writer.string(Nfta.OBJ_TABLE, object.table().key().name())
                .string(Nfta.OBJ_NAME, object.name())
                .be32(Nfta.OBJ_TYPE, object.type())
                .be64(Nfta.OBJ_HANDLE, object.handle());
    }

    static void chain(MessageWriter writer, ChainState chain) {
        writer.string(Nfta.CHAIN_TABLE, chain.table().key().name())
                .string(Nfta.CHAIN_NAME, chain.name())
                .be64(Nfta.CHAIN_HANDLE, chain.handle());
        BaseHook hook = chain.hook();
        if (hook != null) {
            int nest = writer.beginNest(Nfta.CHAIN_HOOK);
            writer.be32(Nfta.HOOK_HOOKNUM, hook.number()).be32(Nfta.HOOK_PRIORITY, hook.priority());
            if (!hook.devices().isEmpty()) {
                int list = writer.beginNest(Nfta.HOOK_DEVS);
                hook.devices().forEach(device -> writer.string(Nfta.DEVICE_NAME, device));
                writer.endNest(list);
                if (hook.devices().size() == 1) {
                    writer.string(Nfta.HOOK_DEV, hook.devices().get(0));
                }
            }
            writer.endNest(nest).be32(Nfta.CHAIN_POLICY, chain.policy()).string(Nfta.CHAIN_TYPE, hook.type());
        }
        if (chain.flags() != 0) {
            writer.be32(Nfta.CHAIN_FLAGS, chain.flags());
        }
        writer.be32(Nfta.CHAIN_USE, chain.references() + chain.rules().size());
        userData(writer, Nfta.CHAIN_USERDATA, chain.userData());
    }

    /** A rule that was added: the kernel names the rule before it only if there is one after it. */
    static void added(MessageWriter writer, RuleState rule) {
        rule(writer, rule, !rule.chain().between(rule));
    }

    /** A rule, with the handle of the one before it or without. */
    static void rule(MessageWriter writer, RuleState rule, boolean alone) {
        writer.string(Nfta.RULE_TABLE, rule.chain().table().key().name())
                .string(Nfta.RULE_CHAIN, rule.chain().name())
                .be64(Nfta.RULE_HANDLE, rule.handle());
        long before = alone ? 0 : rule.chain().before(rule);
        if (before != 0) {
            writer.be64(Nfta.RULE_POSITION, before);
        }
        InstructionWriter.write(writer, Nfta.RULE_EXPRESSIONS, dumped(rule.operations()));
        userData(writer, Nfta.RULE_USERDATA, rule.userData());
    }

    private static List<Instruction> dumped(List<Operation> operations) {
        return operations.stream().map(Operation::dumped).toList();
    }

    static void set(MessageWriter writer, SetState set) {
        SetProperties properties = set.properties();
        writer.string(Nfta.SET_TABLE, set.table().key().name())
                .string(Nfta.SET_NAME, set.name())
                .be64(Nfta.SET_HANDLE, set.handle());
        if (properties.flags() != 0) {
            writer.be32(Nfta.SET_FLAGS, properties.flags());
        }
        writer.be32(Nfta.SET_KEY_TYPE, properties.keyType()).be32(Nfta.SET_KEY_LEN, properties.keyLength());
        if (properties.is(SetProperties.MAP)) {
            writer.be32(Nfta.SET_DATA_TYPE, properties.dataType()).be32(Nfta.SET_DATA_LEN, properties.dataLength());
        }
        if (properties.is(SetProperties.OBJECT)) {
            writer.be32(Nfta.SET_OBJ_TYPE, properties.objectType());
        }
        if (properties.timeout() != 0) {
            writer.be64(Nfta.SET_TIMEOUT, properties.timeout());
        }
        if (properties.gcInterval() != 0) {
            writer.be32(Nfta.SET_GC_INTERVAL, properties.gcInterval());
        }
        if (properties.policy() != 0) {
            writer.be32(Nfta.SET_POLICY, properties.policy());
        }
        if (properties.userData() != null) {
            writer.bytes(Nfta.SET_USERDATA, properties.userData());
        }
        int description = writer.beginNest(Nfta.SET_DESC);
        if (properties.size() != 0) {
            writer.be32(Nfta.SET_DESC_SIZE, properties.size());
        }
        if (properties.fields().size() > 1) {
            int fields = writer.beginNest(Nfta.SET_DESC_CONCAT);
            for (int length : properties.fields()) {
                int field = writer.beginNest(Nfta.LIST_ELEM);
                writer.be32(Nfta.SET_FIELD_LEN, length).endNest(field);
            }
            writer.endNest(fields);
        }
        writer.endNest(description);
        state(writer, Nfta.SET_EXPR, Nfta.SET_EXPRESSIONS, set.state());
    }

    private static void state(MessageWriter writer, int one, int several, List<Instruction> state) {
        if (state.size() == 1) {
            InstructionWriter.write(writer, one, state.get(0));
        } else if (!state.isEmpty()) {
            InstructionWriter.write(writer, several, state);
        }
    }

    static void element(MessageWriter writer, SetState set, StoredElement element, long now) {
        int nest = writer.beginNest(Nfta.LIST_ELEM);
        if (element.key().length != 0) {
            data(writer, Nfta.SET_ELEM_KEY, element.key());
        }
        byte[] end = element.keyEnd();
        if (end != null) {
            data(writer, Nfta.SET_ELEM_KEY_END, end);
        }
        if (element.data() != null) {
            element.data().write(writer, Nfta.SET_ELEM_DATA);
        }
        state(writer, Nfta.SET_ELEM_EXPR, Nfta.SET_ELEM_EXPRESSIONS, dumped(element.state()));
        if (element.object() != null) {
            writer.string(Nfta.SET_ELEM_OBJREF, element.object().name());
        }
        if (element.flags() != 0) {
            writer.be32(Nfta.SET_ELEM_FLAGS, element.flags());
        }
        if (element.timeoutMillis() != 0) {
            if (element.timeoutMillis() != set.properties().timeout()) {
                writer.be64(Nfta.SET_ELEM_TIMEOUT, element.timeoutMillis());
            }
            writer.be64(Nfta.SET_ELEM_EXPIRATION, element.leftMillis(now));
        }
        userData(writer, Nfta.SET_ELEM_USERDATA, element.userData());
        writer.endNest(nest);
    }

    private static void data(MessageWriter writer, int attribute, byte[] value) {
        int nest = writer.beginNest(attribute);
        writer.bytes(1, value).endNest(nest);
    }

    static void elements(MessageWriter writer, SetState set, List<StoredElement> elements, long now) {
        writer.string(Nfta.SET_ELEM_LIST_TABLE, set.table().key().name()).string(Nfta.SET_ELEM_LIST_SET, set.name());
        int nest = writer.beginNest(Nfta.SET_ELEM_LIST_ELEMENTS);
        elements.forEach(element -> element(writer, set, element, now));
        writer.endNest(nest);
    }

    static void object(MessageWriter writer, ObjectState object) {
        writer.string(Nfta.OBJ_TABLE, object.table().key().name())
                .string(Nfta.OBJ_NAME, object.name())
                .be64(Nfta.OBJ_HANDLE, object.handle())
                .be32(Nfta.OBJ_TYPE, object.type())
                .be32(Nfta.OBJ_USE, object.references());
        ObjectData.write(writer, Nfta.OBJ_DATA, object.operation().dumped());
        userData(writer, Nfta.OBJ_USERDATA, object.userData());
    }
}
