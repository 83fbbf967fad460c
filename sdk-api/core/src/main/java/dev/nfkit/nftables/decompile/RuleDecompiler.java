// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.bytecode.Bitwise;
import dev.nfkit.nftables.bytecode.Byteorder;
import dev.nfkit.nftables.bytecode.Cmp;
import dev.nfkit.nftables.bytecode.Immediate;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.bytecode.Range;
import dev.nfkit.nftables.bytecode.Registers;
import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.nftables.compile.CompiledSet;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Match.Operator;
import dev.nfkit.nftables.statement.RawStatement;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.VerdictLookup;
import dev.nfkit.nftables.statement.VerdictStatement;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads a rule of the kernel: its instructions become statements. */
public final class RuleDecompiler {
    private final RegisterFile registers = new RegisterFile();
    private final Knowledge knowledge;
    private final Expressions expressions;
    private final MatchReader matches;
    private final LoadReader loads;
    private final SetReader sets;
    private final StatementReader statements;
    private final List<Line> lines = new ArrayList<>();

    private RuleDecompiler(
            AddressFamily family,
            SetType.Lookup named,
            Function<String, @Nullable CompiledSet> anonymous,
            ByteOrder machine) {
        knowledge = new Knowledge(family);
        Templates templates = new Templates(knowledge);
        expressions = new Expressions(knowledge, templates, machine);
        matches = new MatchReader(expressions, templates);
        loads = new LoadReader(registers);
        sets = new SetReader(expressions, registers, named, anonymous);
        statements = new StatementReader(knowledge, templates, expressions, registers, sets);
    }

    /**
     * Reads a rule. What is no statement this library knows becomes {@link RawStatement}s, one for each instruction.
     *
     * @param family the table's family
     * @param named the table's named sets
     * @param anonymous finds an anonymous set by its name, with its elements, or a map of objects, which may have a name;
     *     returns null if there is none
     * @param machine the byte order of the machine that the kernel runs on
     * @param instructions the rule's instructions
     * @return the statements
     */
    public static List<Statement> decompile(
            AddressFamily family,
            SetType.Lookup named,
            Function<String, @Nullable CompiledSet> anonymous,
            ByteOrder machine,
            List<Instruction> instructions) {
        RuleDecompiler decompiler = new RuleDecompiler(family, named, anonymous, machine);
        try {
            for (int at = 0; at < instructions.size(); ) {
                at += decompiler.read(instructions, at);
            }
            return decompiler.lines.stream()
                    .filter(line -> !line.isLeftOut())
                    .map(Line::statement)
                    .toList();
        } catch (UnreadableRuleException | IllegalArgumentException e) {
            // Values of the model refuse what cannot be one of them.
            return instructions.stream()
                    .<Statement>map(instruction -> new RawStatement(
                            instruction.name(),
                            InstructionWriter.data(instruction, machine).toArray()))
                    .toList();
        }
    }

    /** Reads the next instruction, or two that are one statement, and returns their number. */
    private int read(List<Instruction> instructions, int at) {
        Instruction instruction = instructions.get(at);
        if (instruction instanceof Cmp cmp) {
            return readComparison(cmp, at + 1 < instructions.size() ? instructions.get(at + 1) : null);
        } else if (instruction instanceof Range range) {
            add(matches.range(range, registers.get(range.sreg())));
        } else if (instruction instanceof Immediate immediate) {
            readImmediate(immediate);
        } else if (instruction instanceof Bitwise bitwise) {
            loads.read(bitwise, expressions);
        } else if (instruction instanceof Byteorder order) {
            loads.read(order);
        } else if (instruction instanceof Lookup lookup) {
            readLookup(lookup);
        } else if (!loads.read(instruction, sets)) {
            add(statements.read(instruction));
        }
        return 1;
    }

    private int readComparison(Cmp cmp, @Nullable Instruction next) {
        Loaded loaded = registers.get(cmp.sreg());
        if (cmp.op() == Cmp.Op.GTE
                && next instanceof Cmp upper
                && upper.op() == Cmp.Op.LTE
                && upper.sreg() == cmp.sreg()) {
            add(matches.interval(cmp, upper, loaded));
            return 2;
        }
        matches.compare(cmp, loaded).forEach(this::add);
        return 1;
    }

    private void readImmediate(Immediate immediate) {
        if (immediate.data() instanceof Verdict verdict) {
            add(new VerdictStatement(Verdicts.of(verdict)));
        } else {
            registers.put(immediate.dreg(), new Loaded.Bits((dev.nfkit.nftables.bytecode.Constant) immediate.data()));
        }
    }

    private void readLookup(Lookup lookup) {
        SetReader.Found found = sets.find(lookup.set(), lookup.sreg());
        Integer dreg = lookup.dreg();
        if (dreg == null) {
            boolean inverted = lookup.flags() != null && (lookup.flags() & Lookup.INVERT) != 0;
            add(new Match(found.key(), inverted ? Operator.NOT_EQUAL : Operator.IMPLICIT, found.set()));
        } else if (dreg == Registers.VERDICT) {
            add(new VerdictLookup(found.key(), found.set()));
        } else {
            expressions.use(found.key());
            registers.put(dreg, new Loaded.Known(new MapLookup(found.key(), found.set()), found.dataBytes(), false));
        }
    }

    private void add(Statement statement) {
        use(statement);
        Line line = new Line(statement);
        lines.add(line);
        knowledge.learn(line);
    }

    private void use(Statement statement) {
        if (statement instanceof Match match) {
            expressions.use(match.left());
        } else if (statement instanceof VerdictLookup lookup) {
            expressions.use(lookup.key());
        } else {
            for (Expression expression : Uses.of(statement)) {
                expressions.use(expression);
            }
        }
    }
}
