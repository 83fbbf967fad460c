// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.bytecode.SameOperations;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.compile.CompiledRule;
import dev.nfkit.nftables.compile.RuleCompiler;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.text.Place;
import dev.nfkit.session.BatchWriter;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a rule does: statements that are to be installed, or the instructions of an installed one. */
final class RuleBody {
    static final RuleBody EMPTY =
            new RuleBody(null, List.of(), SetType.Lookup.NONE, null, ByteOrder.nativeOrder(), List.of());

    private final @Nullable AddressFamily family;
    private final List<Statement> statements;
    private final SetType.Lookup named;
    /** The number of sets that the statements contain; negative if it is not known yet. */
    private final int sets;
    /** The contents of {@code NFTA_RULE_EXPRESSIONS} of an installed rule. */
    private final @Nullable Bytes installed;
    /** The contents of {@code NFTA_RULE_EXPRESSIONS} that the statements were read from; null if they were not. */
    private final @Nullable Bytes origin;
    /** Where the statements were read from; empty if not from text. */
    private final List<Place> places;
    /** The byte order of the installed rule's machine. */
    private final ByteOrder order;

    private RuleBody(
            @Nullable AddressFamily family,
            List<Statement> statements,
            SetType.Lookup named,
            @Nullable Bytes installed,
            ByteOrder order,
            List<Place> places) {
        this.family = family;
        this.statements = List.copyOf(statements);
        this.named = named;
        this.installed = installed;
        this.origin = null;
        this.order = order;
        this.places = places;
        // Refuses what cannot work, where the rule is made.
        this.sets = family == null
                ? 0
                : compiled(family, ByteOrder.nativeOrder(), 1).sets().size();
    }

    private RuleBody(
            AddressFamily family,
            List<Statement> statements,
            SetType.Lookup named,
            @Nullable Bytes origin,
            ByteOrder order) {
        this.family = family;
        this.statements = List.copyOf(statements);
        this.named = named;
        this.installed = null;
        this.origin = origin;
        this.order = order;
        this.places = List.of();
        this.sets = -1;
    }

    static RuleBody of(AddressFamily family, List<Statement> statements, SetType.Lookup sets, List<Place> places) {
        return new RuleBody(family, statements, sets, null, ByteOrder.nativeOrder(), places);
    }

    static RuleBody installed(Bytes expressions, ByteOrder order) {
        return new RuleBody(null, List.of(), SetType.Lookup.NONE, expressions, order, List.of());
    }

    /** What was read of an installed rule; not checked again. */
    static RuleBody read(AddressFamily family, List<Statement> statements, SetType.Lookup sets) {
        return new RuleBody(family, statements, sets, null, ByteOrder.nativeOrder());
    }

    /** What was read of this installed rule, and its instructions. */
    RuleBody withStatements(AddressFamily table, List<Statement> read, SetType.Lookup sets) {
        return new RuleBody(table, read, sets, installed, order);
    }

    /**
     * Whether this rule, which was read, does with registers what another one would do; true if its instructions are not known.
     * Rules that nft lists the same may differ in this.
     */
    boolean sameOperations(RuleBody desired) {
        Bytes bytes = origin;
        AddressFamily table = desired.family;
        if (bytes == null || table == null) {
            return true;
        }
        try {
            return SameOperations.in(
                    desired.compiled(table, order, 1).instructions(), instructions(bytes, order), order);
        } catch (MalformedMessageException e) {
            throw new IllegalStateException("a rule that was read before: " + e.getMessage(), e);
        }
    }

    boolean isInstalled() {
        return installed != null;
    }

    List<Statement> statements() {
        return statements;
    }

    /** The sets that the statements refer to. */
    SetType.Lookup named() {
        return named;
    }

    ByteOrder order() {
        return order;
    }

    /** What the rule refers to. */
    Uses uses() {
        return family == null ? new Uses() : Uses.of(compiled(family, ByteOrder.nativeOrder(), 1));
    }

    /** The instructions of an installed rule. */
    List<Instruction> instructions() throws MalformedMessageException {
        if (installed == null) {
            return List.of();
        }
        return instructions(installed, order);
    }

    private static List<Instruction> instructions(Bytes expressions, ByteOrder order) throws MalformedMessageException {
        ByteBuffer bytes = ByteBuffer.wrap(expressions.toArray());
        AttributeCursor list = new AttributeCursor().wrap(bytes, 0, bytes.capacity(), order, "NFTA_RULE_EXPRESSIONS");
        return new InstructionReader().readList(list);
    }

    /** The instruction of an index, from 0; null if there is none. */
    @Nullable
    Instruction instruction(int index) {
        if (family == null) {
            return null;
        }
        List<Instruction> all = compiled(family, ByteOrder.nativeOrder(), 1).instructions();
        return index < all.size() ? all.get(index) : null;
    }

    /**
     * The place of the statement that an instruction was compiled from, or of the first one if there is no such instruction;
     * null if the rule was not read from text.
     */
    @Nullable
    Place place(int instruction) {
        if (family == null || places.isEmpty()) {
            return null;
        }
        List<Integer> origins = compiled(family, ByteOrder.nativeOrder(), 1).origins();
        return places.get(instruction < origins.size() ? origins.get(instruction) : 0);
    }

    private CompiledRule compiled(AddressFamily table, ByteOrder order, long firstId) {
        return RuleCompiler.compile(table, named, order, statements, firstId);
    }

    void write(MessageWriter writer, long firstId) {
        if (installed != null) {
            int nest = writer.beginNest(Nfta.RULE_EXPRESSIONS);
            writer.raw(installed.toArray()).endNest(nest);
        } else if (family != null) {
            InstructionWriter.write(
                    writer,
                    Nfta.RULE_EXPRESSIONS,
                    compiled(family, writer.order(), firstId).instructions());
        }
    }

    /** Writes the sets that the rule contains. Returns the id of the first one. */
    long writeSets(BatchWriter target, TableId table) {
        if (family == null) {
            return target.takeIds(0);
        }
        int count = sets;
        if (count < 0) {
            count = compiled(family, target.order(), 1).sets().size();
        }
        long firstId = target.takeIds(count);
        AnonymousSets.write(
                target, table, compiled(family, target.order(), firstId).sets());
        return firstId;
    }
}
