// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.bytecode.Diversion;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.Assignment;
import dev.nfkit.nftables.statement.Duplicate;
import dev.nfkit.nftables.statement.ExtensionStatement;
import dev.nfkit.nftables.statement.FlowOffload;
import dev.nfkit.nftables.statement.Forward;
import dev.nfkit.nftables.statement.InvalidRuleException;
import dev.nfkit.nftables.statement.Log;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Match.Operator;
import dev.nfkit.nftables.statement.Meter;
import dev.nfkit.nftables.statement.Nat;
import dev.nfkit.nftables.statement.Notrack;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.OptionReset;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.RawStatement;
import dev.nfkit.nftables.statement.Reject;
import dev.nfkit.nftables.statement.SetUpdate;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.Synproxy;
import dev.nfkit.nftables.statement.Tproxy;
import dev.nfkit.nftables.statement.VerdictLookup;
import dev.nfkit.nftables.statement.VerdictStatement;
import java.nio.ByteOrder;
import java.util.List;

/** Compiles a rule: its statements in order, with the matches that headers require. */
public final class RuleCompiler {
    private final Code code;
    private final Dependencies dependencies;
    private final Matches matches;
    private final Assignments assignments;
    private final Translations translations;
    private final Statements statements;

    private RuleCompiler(AddressFamily family, SetType.Lookup sets, ByteOrder machine, long firstId) {
        code = new Code(machine, firstId);
        dependencies = new Dependencies(code, family);
        Selectors selectors = new Selectors(code);
        Literals literals = new Literals(code, sets);
        Operands operands = new Operands(code, selectors, literals);
        matches = new Matches(code, selectors, operands, literals);
        assignments = new Assignments(code, operands);
        translations = new Translations(code, dependencies, operands, literals);
        statements = new Statements(code, dependencies, operands, literals);
    }

    /**
     * Compiles a rule.
     *
     * @param family the table's family
     * @param sets the table's sets
     * @param machine the byte order of the machine that the kernel runs on
     * @param rule the statements
     * @return the instructions and the sets that the rule contains
     * @throws InvalidRuleException if the rule cannot work
     */
    public static CompiledRule compile(
            AddressFamily family, SetType.Lookup sets, ByteOrder machine, List<Statement> rule) {
        return compile(family, sets, machine, rule, 1);
    }

    /**
     * Compiles a rule of a batch with others.
     *
     * @param family the table's family
     * @param sets the table's sets
     * @param machine the byte order of the machine that the kernel runs on
     * @param rule the statements
     * @param firstId the id of the first set that the rule contains; the others follow
     * @return the instructions and the sets that the rule contains
     * @throws InvalidRuleException if the rule cannot work
     */
    public static CompiledRule compile(
            AddressFamily family, SetType.Lookup sets, ByteOrder machine, List<Statement> rule, long firstId) {
        RuleCompiler compiler = new RuleCompiler(family, sets, machine, firstId);
        int at = 0;
        try {
            while (at < rule.size()) {
                compiler.code.begin(at);
                at += compiler.compileNext(rule, at);
            }
        } catch (InvalidRuleException e) {
            throw e;
        } catch (IllegalArgumentException
                | ArithmeticException e) { // a value that the kernel's instruction cannot have
            throw new InvalidRuleException(rule.get(at) + ": " + e.getMessage());
        }
        return compiler.code.finish();
    }

    /** Compiles the next statement, or several matches that are loaded together, and returns their number. */
    private int compileNext(List<Statement> rule, int at) {
        Statement statement = rule.get(at);
        if (statement instanceof Match match) {
            dependencies.require(match.left());
            PayloadRun run = PayloadRun.of(rule, at);
            if (run.count() > 1) {
                run.compile(code);
            } else {
                matches.compile(match);
            }
            for (int i = 0; i < run.count(); i++) {
                learn((Match) rule.get(at + i));
            }
            return run.count();
        }
        compile(statement);
        return 1;
    }

    private void learn(Match match) {
        boolean equal = match.operator() == Operator.IMPLICIT || match.operator() == Operator.EQUAL;
        if (equal && match.right() instanceof Constant constant) {
            dependencies.learn(match.left(), constant);
        } else if (match.left() instanceof HeaderField field) {
            dependencies.learnCompared(field);
        }
    }

    private void compile(Statement statement) {
        if (statement instanceof VerdictStatement verdict) {
            statements.compile(verdict);
        } else if (statement instanceof VerdictLookup lookup) {
            statements.compile(lookup);
        } else if (statement instanceof Stateful state) {
            code.add(States.of(state));
        } else if (statement instanceof Log log) {
            statements.compile(log);
        } else if (statement instanceof Queue queue) {
            statements.compile(queue);
        } else if (statement instanceof Reject reject) {
            statements.compile(reject);
        } else if (statement instanceof Nat nat) {
            translations.compile(nat);
        } else if (statement instanceof Tproxy tproxy) {
            translations.compile(tproxy);
        } else if (statement instanceof Duplicate duplicate) {
            translations.compile(duplicate);
        } else if (statement instanceof Forward forward) {
            translations.compile(forward);
        } else if (statement instanceof Synproxy synproxy) {
            statements.compile(synproxy);
        } else if (statement instanceof Assignment assignment) {
            dependencies.require(assignment.target());
            dependencies.require(assignment.value());
            assignments.compile(assignment);
        } else {
            compileRest(statement);
        }
    }

    private void compileRest(Statement statement) {
        if (statement instanceof Notrack) {
            code.add(new Diversion.Notrack());
        } else if (statement instanceof FlowOffload offload) {
            code.add(new Diversion.FlowOffload(offload.flowtable()));
        } else if (statement instanceof OptionReset reset) {
            statements.compile(reset);
        } else if (statement instanceof SetUpdate update) {
            statements.compile(update);
        } else if (statement instanceof Meter meter) {
            statements.compile(meter);
        } else if (statement instanceof ObjectStatement object) {
            statements.compile(object);
        } else if (statement instanceof ExtensionStatement extension) {
            statements.compile(extension);
        } else if (statement instanceof RawStatement raw) {
            statements.compile(raw);
        } else {
            throw new InvalidRuleException("not a statement that can be compiled: " + statement);
        }
    }
}
