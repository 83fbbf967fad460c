// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.testkit.instruction.Operations;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.ruleset.Jumps;
import dev.nfkit.testkit.ruleset.RuleState;
import dev.nfkit.testkit.ruleset.SetState;
import dev.nfkit.testkit.ruleset.TableState;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Requests that change rules. */
final class RuleRequests {
    private RuleRequests() {}

    static void create(Change change, Notices notices) throws Refused {
        Attributes attributes = change.attributes();
        TableState table = change.table(Nfta.RULE_TABLE);
        ChainState chain = chain(change, table);
        long handle = attributes.number(Nfta.RULE_HANDLE, 0);
        RuleState other = null;
        if (attributes.has(Nfta.RULE_HANDLE)) {
            other = required(change, chain, Nfta.RULE_HANDLE);
            if (change.on(Netlink.NLM_F_EXCL)) {
                throw attributes.refuse(Errno.EEXIST, Nfta.RULE_HANDLE);
            }
            if (!change.on(Netlink.NLM_F_REPLACE)) {
                throw new Refused(Errno.EOPNOTSUPP);
            }
        } else {
            if (!change.on(Netlink.NLM_F_CREATE) || change.on(Netlink.NLM_F_REPLACE)) {
                throw new Refused(Errno.EINVAL);
            }
            handle = table.nextHandle();
            if (attributes.has(Nfta.RULE_POSITION)) {
                other = required(change, chain, Nfta.RULE_POSITION);
            } else if (attributes.has(Nfta.RULE_POSITION_ID)) {
                other = byId(change, chain, Nfta.RULE_POSITION_ID);
            }
        }
        RuleState rule = rule(change, table, chain, handle);
        int at = place(change, chain, other);
        if (change.on(Netlink.NLM_F_REPLACE) && other != null) {
            change.ruleset().add(at, rule);
            remove(change, notices, other);
        } else {
            change.ruleset().add(at, rule);
        }
        if (!rule.uses().isEmpty() && Jumps.tooDeep(change.ruleset(), table)) {
            throw new Refused(Errno.EMLINK);
        }
        notices.add(change.request(), MessageTypes.NEWRULE, table.family(), writer -> Contents.added(writer, rule));
    }

    private static int place(Change change, ChainState chain, @Nullable RuleState other) {
        boolean after = change.on(Netlink.NLM_F_APPEND) || change.on(Netlink.NLM_F_REPLACE);
        if (other == null) {
            return after ? chain.rules().size() : 0;
        }
        return chain.rules().indexOf(other) + (after ? 1 : 0);
    }

    private static ChainState chain(Change change, TableState table) throws Refused {
        Attributes attributes = change.attributes();
        if (attributes.has(Nfta.RULE_CHAIN) || !attributes.has(Nfta.RULE_CHAIN_ID)) {
            return change.chain(table, Nfta.RULE_CHAIN);
        }
        long id = attributes.number(Nfta.RULE_CHAIN_ID, 0);
        for (ChainState chain : table.allChains()) {
            if (chain.id() == id) {
                return chain;
            }
        }
        throw attributes.refuse(Errno.ENOENT, Nfta.RULE_CHAIN_ID);
    }

    private static RuleState required(Change change, ChainState chain, int attribute) throws Refused {
        RuleState rule = chain.rule(change.attributes().number(attribute, 0));
        if (rule == null) {
            throw change.attributes().refuse(Errno.ENOENT, attribute);
        }
        return rule;
    }

    private static RuleState byId(Change change, ChainState chain, int attribute) throws Refused {
        long id = change.attributes().number(attribute, 0);
        for (RuleState rule : chain.rules()) {
            if (rule.id() == id) {
                return rule;
            }
        }
        throw change.attributes().refuse(Errno.ENOENT, attribute);
    }

    private static RuleState rule(Change change, TableState table, ChainState chain, long handle) throws Refused {
        Attributes attributes = change.attributes();
        References references = new References(table);
        List<Operation> operations = new ArrayList<>();
        Attributes list = attributes.nest(Nfta.RULE_EXPRESSIONS);
        if (list != null) {
            for (Instruction instruction : instructions(attributes)) {
                try {
                    operations.add(Operations.of(instruction, references));
                } catch (Refused e) {
                    throw list.refuseNth(e.errno(), operations.size());
                }
            }
        }
        return new RuleState(
                chain,
                handle,
                attributes.number(Nfta.RULE_ID, 0),
                operations,
                references.found(),
                attributes.bytes(Nfta.RULE_USERDATA));
    }

    private static List<Instruction> instructions(Attributes attributes) throws Refused {
        AttributeCursor list = attributes.cursor(Nfta.RULE_EXPRESSIONS);
        if (list == null) {
            return List.of();
        }
        try {
            return new InstructionReader().readList(list);
        } catch (MalformedMessageException e) {
            throw new Refused(Errno.EINVAL);
        }
    }

    static void remove(Change change, Notices notices, boolean permitMissing) throws Refused {
        Attributes attributes = change.attributes();
        TableState table = change.table(Nfta.RULE_TABLE);
        if (!attributes.has(Nfta.RULE_CHAIN)) {
            for (ChainState chain : table.allChains()) {
                flush(change, notices, chain);
            }
            return;
        }
        ChainState chain = table.chain(attributes.text(Nfta.RULE_CHAIN));
        if (chain == null) {
            if (permitMissing) {
                return;
            }
            throw attributes.refuse(Errno.ENOENT, Nfta.RULE_CHAIN);
        }
        if (attributes.has(Nfta.RULE_HANDLE)) {
            RuleState rule = chain.rule(attributes.number(Nfta.RULE_HANDLE, 0));
            if (rule == null && permitMissing) {
                return;
            }
            remove(change, notices, required(change, chain, Nfta.RULE_HANDLE));
        } else if (attributes.has(Nfta.RULE_ID)) {
            remove(change, notices, byId(change, chain, Nfta.RULE_ID));
        } else {
            flush(change, notices, chain);
        }
    }

    static void flush(Change change, Notices notices, ChainState chain) {
        for (RuleState rule : List.copyOf(chain.rules())) {
            remove(change, notices, rule);
        }
    }

    private static void remove(Change change, Notices notices, RuleState rule) {
        TableState table = Objects.requireNonNull(
                change.ruleset().table(rule.chain().table().key()));
        List<SetState> before = new ArrayList<>();
        table.allSets().forEach(before::add);
        change.ruleset().remove(rule);
        notices.add(
                change.request(), MessageTypes.DELRULE, table.family(), writer -> Contents.rule(writer, rule, true));
        for (SetState set : before) {
            if (table.set(set.name()) == null) { // it belonged to the rule
                notices.add(
                        change.request(), MessageTypes.DELSET, table.family(), writer -> Contents.removed(writer, set));
            }
        }
    }
}
