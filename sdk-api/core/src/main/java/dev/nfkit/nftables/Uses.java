// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Dynset;
import dev.nfkit.nftables.bytecode.Immediate;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.bytecode.Objref;
import dev.nfkit.nftables.bytecode.UnknownInstruction;
import dev.nfkit.nftables.compile.CompiledElement;
import dev.nfkit.nftables.compile.CompiledRule;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.expression.Verdict;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Names of a table's objects: those that a rule or an element refers to, or those that a batch removes. Objects of different
 * kinds that have one name count as one, so that a rule may be written anew without need, but never refers to what is gone.
 */
final class Uses {
    /** The instructions that refer to objects of the table. */
    private static final Set<String> KNOWN = Set.of("lookup", "dynset", "objref", "immediate");

    private static final int CAPACITY = 1 << 16;

    private final Set<String> names = new HashSet<>();

    boolean isEmpty() {
        return names.isEmpty();
    }

    /** Whether there is a name in both. */
    boolean meets(Uses other) {
        return names.stream().anyMatch(other.names::contains);
    }

    void chain(String name) {
        names.add("chain " + name);
    }

    void set(String name) {
        names.add("set " + name);
    }

    void object(String name) {
        names.add("object " + name);
    }

    /** What an element refers to. */
    static Uses of(SetElement element) {
        Uses uses = new Uses();
        Expression data = element.data().orElse(null);
        if (data instanceof Verdict.Jump jump) {
            uses.chain(jump.chain());
        } else if (data instanceof Verdict.Goto jump) {
            uses.chain(jump.chain());
        } else if (data instanceof Text name) {
            uses.object(name.text());
        }
        return uses;
    }

    /** What a rule refers to. */
    static Uses of(CompiledRule rule) {
        Uses uses = new Uses();
        rule.instructions().forEach(uses::add);
        rule.sets().forEach(set -> set.elements().forEach(uses::add));
        return uses;
    }

    private void add(CompiledElement element) {
        if (element.data() instanceof dev.nfkit.nftables.bytecode.Verdict verdict) {
            add(verdict);
        }
        if (element.object() != null) {
            object(element.object());
        }
    }

    private void add(dev.nfkit.nftables.bytecode.Verdict verdict) {
        if (verdict.chain() != null) {
            chain(verdict.chain());
        }
    }

    private void add(Instruction instruction) {
        if (instruction instanceof Lookup lookup) {
            set(lookup.set());
        } else if (instruction instanceof Dynset dynset) {
            set(dynset.set());
        } else if (instruction instanceof Objref.Mapped mapped) {
            set(mapped.set());
        } else if (instruction instanceof Objref.Named named) {
            object(named.object());
        } else if (instruction instanceof Immediate immediate
                && immediate.data() instanceof dev.nfkit.nftables.bytecode.Verdict verdict) {
            add(verdict);
        } else if (instruction instanceof UnknownInstruction unknown && KNOWN.contains(unknown.name())) {
            Instruction known = decoded(unknown);
            if (!(known instanceof UnknownInstruction)) {
                add(known);
            }
        }
    }

    /** An instruction of a rule that could not be read as statements, which keeps its bytes only. */
    private static Instruction decoded(UnknownInstruction raw) {
        MessageWriter writer = new MessageWriter(CAPACITY, ByteOrder.nativeOrder());
        writer.begin(0, 0, 0).nfgenmsg(0, 0);
        InstructionWriter.write(writer, 1, List.of(raw));
        ByteBuffer bytes = writer.end().datagram();
        MessageCursor message =
                new MessageCursor().wrap(bytes, bytes.position(), bytes.remaining(), ByteOrder.nativeOrder());
        try {
            message.next();
            AttributeCursor list = new AttributeCursor().wrap(message, "instruction");
            list.next();
            return new InstructionReader()
                    .readList(list.nest(new AttributeCursor(), "instruction"))
                    .get(0);
        } catch (MalformedMessageException e) {
            return raw;
        }
    }
}
