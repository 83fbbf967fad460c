package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.compile.CompiledRule;
import dev.nfkit.nftables.compile.RuleCompiler;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.session.BatchWriter;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a rule does: statements that are to be installed, or the instructions of an installed one. */
final class RuleBody {
    static final RuleBody EMPTY = new RuleBody(null, List.of(), SetType.Lookup.NONE, null);

    private final @Nullable AddressFamily family;
    private final List<Statement> statements;
    private final SetType.Lookup named;
    /** The number of sets that the statements contain. */
    private final int sets;
    /** The contents of {@code NFTA_RULE_EXPRESSIONS} of an installed rule. */
    private final @Nullable Bytes installed;

    private RuleBody(
            @Nullable AddressFamily family,
            List<Statement> statements,
            SetType.Lookup named,
            @Nullable Bytes installed) {
        this.family = family;
        this.statements = List.copyOf(statements);
        this.named = named;
        this.installed = installed;
        // Refuses what cannot work, where the rule is made.
        this.sets = family == null
                ? 0
                : compiled(family, ByteOrder.nativeOrder(), 1).sets().size();
    }

    static RuleBody of(AddressFamily family, List<Statement> statements, SetType.Lookup sets) {
        return new RuleBody(family, statements, sets, null);
    }

    static RuleBody installed(Bytes expressions) {
        return new RuleBody(null, List.of(), SetType.Lookup.NONE, expressions);
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
        long firstId = target.takeIds(sets);
        AnonymousSets.write(
                target, table, compiled(family, target.order(), firstId).sets());
        return firstId;
    }
}
