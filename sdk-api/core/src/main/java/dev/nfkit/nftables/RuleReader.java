// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.bytecode.Dynset;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.bytecode.Objref;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.compile.CompiledElement;
import dev.nfkit.nftables.compile.CompiledSet;
import dev.nfkit.nftables.decompile.RuleDecompiler;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.text.RulePrinter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what the rules of a table do, as statements or as nft prints them.
 *
 * <pre>{@code
 * List<Rule> rules = new ArrayList<>();
 * nftables.list().rules(table, rules::add);
 * RuleReader reader = nftables.list().ruleReader(table);
 * for (Rule rule : rules) {
 *     System.out.println(rule.chain() + ": " + reader.text(rule));
 * }
 * }</pre>
 *
 * <p>It lists the table's sets when it is made, and the elements of the sets that a rule contains when that rule is read; it
 * does not keep elements. If a rule refers to a set that was made later, that set is read by itself.
 *
 * <p>One thread at a time; not inside a sink of a listing of the same client: IllegalStateException.
 */
public final class RuleReader {
    private final TableId table;
    private final Dumps dumps;
    private final Map<String, NftSet> sets = new HashMap<>();
    private final SetType.Lookup named;
    private final RawElements raw = new RawElements();

    RuleReader(TableId table, Dumps dumps, List<NftSet> sets) {
        this.table = table;
        this.dumps = dumps;
        sets.forEach(set -> this.sets.put(set.name(), set));
        this.named = name -> Optional.ofNullable(this.sets.get(name)).map(NftSet::type);
    }

    /**
     * What a rule does. What is no statement that this library knows is a {@link dev.nfkit.nftables.statement.RawStatement}.
     *
     * @param rule a rule of the table: a listed one, or one that was made of text or statements
     * @return the statements, in order
     * @throws NetlinkException if its sets cannot be read, the kernel refuses it, the socket fails, or the client is closed
     * @throws IllegalArgumentException if it is a rule of another table
     */
    public List<Statement> statements(Rule rule) throws NetlinkException {
        if (!rule.table().equals(table)) {
            throw new IllegalArgumentException(rule + " is not of table " + table);
        }
        if (!rule.body().isInstalled()) {
            return rule.body().statements();
        }
        List<Instruction> instructions = rule.body().instructions();
        Map<String, CompiledSet> contained = contained(instructions);
        return RuleDecompiler.decompile(
                table.family(), named, contained::get, rule.body().order(), instructions);
    }

    /**
     * A rule as {@code nft list ruleset} prints it. Devices are those of this process's namespace.
     *
     * @param rule as for {@link #statements}
     * @return one line without a line end, with the comment
     * @throws NetlinkException as {@link #statements}
     * @throws IllegalArgumentException if it is a rule of another table
     */
    public String text(Rule rule) throws NetlinkException {
        return RulePrinter.print(table.family(), named, statements(rule), rule.comment());
    }

    /** The rule with its statements. */
    Rule read(Rule rule) throws NetlinkException {
        return rule.read(statements(rule), named);
    }

    /** The sets that the instructions contain, and those of objects, with their elements. */
    private Map<String, CompiledSet> contained(List<Instruction> instructions) throws NetlinkException {
        Map<String, CompiledSet> found = new HashMap<>();
        for (String name : sets(instructions)) {
            add(found, name);
        }
        return found;
    }

    /** The names of the sets that instructions refer to. */
    static List<String> sets(List<Instruction> instructions) {
        List<String> names = new ArrayList<>();
        for (Instruction instruction : instructions) {
            if (instruction instanceof Lookup lookup) {
                names.add(lookup.set());
            } else if (instruction instanceof Dynset dynset) {
                names.add(dynset.set());
            } else if (instruction instanceof Objref.Mapped objects) {
                names.add(objects.set());
            }
        }
        return names;
    }

    private void add(Map<String, CompiledSet> found, String name) throws NetlinkException {
        NftSet set = sets.get(name);
        if (set == null) {
            Optional<NftSet> later = new Listing(dumps).set(table, name);
            if (later.isEmpty()) {
                return;
            }
            set = later.get();
            sets.put(name, set);
        }
        if ((set.anonymous() || set.objects().isPresent()) && !found.containsKey(name)) {
            found.put(name, set.compiled(contains(set) ? elements(set) : List.of()));
        }
    }

    /** Whether a rule consists of the set's elements. A meter's elements are no part of the rule, which fills it. */
    static boolean contains(NftSet set) {
        return set.anonymous() && (set.flagBits() & CompiledSet.EVAL) == 0;
    }

    private List<CompiledElement> elements(NftSet set) throws NetlinkException {
        List<CompiledElement> elements = new ArrayList<>();
        dumps.<MalformedMessageException>messages(
                "list elements of " + set,
                MessageTypes.GETSETELEM,
                writer -> set.writeForElements(
                        writer.nfgenmsg(set.table().family().number(), 0)),
                message -> raw.read(message, elements));
        return elements;
    }
}
