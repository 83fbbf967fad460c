// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.statement.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the ruleset. Each method lists the objects as they are at that moment; {@link Nftables#consistent} makes the results
 * of several belong together. Methods with a sink need constant memory, whatever the number of objects.
 *
 * <p>Safe for any number of threads; one listing runs at a time. A sink may commit batches, but not list: IllegalStateException.
 *
 * <p>Follows {@code nf_tables_dump_*} in {@code nf_tables_api.c}.
 */
public final class Listing {
    private final Dumps dumps;

    Listing(Dumps dumps) {
        this.dumps = dumps;
    }

    /**
     * The present state of the ruleset.
     *
     * @return its number, and this process
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public Generation generation() throws NetlinkException {
        return dumps.ask("get the generation of the ruleset", MessageTypes.GETGEN, Generation::read);
    }

    /**
     * All tables.
     *
     * @return a new list
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public List<Table> tables() throws NetlinkException {
        List<Table> tables = new ArrayList<>();
        dumps.<Table, RuntimeException>dump("list tables", MessageTypes.GETTABLE, null, null, Table::read, tables::add);
        return tables;
    }

    /**
     * A table by family and name.
     *
     * @param id family and name
     * @return the table, or empty if there is none
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public Optional<Table> table(TableId id) throws NetlinkException {
        return dumps.get(
                "get table " + id,
                MessageTypes.GETTABLE,
                writer -> writer.nfgenmsg(id.family().number(), 0).string(Nfta.TABLE_NAME, id.name()),
                Table::read);
    }

    /**
     * The chains of all tables.
     *
     * @return a new list
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public List<Chain> chains() throws NetlinkException {
        List<Chain> chains = new ArrayList<>();
        dumps.<Chain, RuntimeException>dump("list chains", MessageTypes.GETCHAIN, null, null, Chain::read, chains::add);
        return chains;
    }

    /**
     * The chains of a table.
     *
     * @param table the table
     * @return a new list; empty also if there is no such table
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public List<Chain> chains(TableId table) throws NetlinkException {
        List<Chain> chains = new ArrayList<>();
        // The kernel selects chains by their family only.
        dumps.<Chain, RuntimeException>dump(
                "list chains of " + table, MessageTypes.GETCHAIN, table, null, Chain::read, chains::add);
        return chains;
    }

    /**
     * A chain by its name.
     *
     * @param table the chain's table
     * @param name the chain's name
     * @return the chain, or empty if there is none
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public Optional<Chain> chain(TableId table, String name) throws NetlinkException {
        return dumps.get(
                "get chain " + table + " " + name,
                MessageTypes.GETCHAIN,
                writer -> writer.nfgenmsg(table.family().number(), 0)
                        .string(Nfta.CHAIN_TABLE, table.name())
                        .string(Nfta.CHAIN_NAME, name),
                Chain::read);
    }

    /**
     * Lists the rules of all chains.
     *
     * @param sink takes them, in the order of each chain
     * @throws NetlinkException if the kernel refuses it, a rule cannot be read, the socket fails, or the client is closed
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> void rules(ObjectSink<Rule, E> sink) throws NetlinkException, E {
        dumps.dump("list rules", MessageTypes.GETRULE, null, null, Rule::read, sink);
    }

    /**
     * Lists the rules of all chains of a table.
     *
     * @param table the table
     * @param sink takes them, in the order of each chain
     * @throws NetlinkException as {@link #rules(ObjectSink)}
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> void rules(TableId table, ObjectSink<Rule, E> sink) throws NetlinkException, E {
        dumps.dump("list rules of " + table, MessageTypes.GETRULE, table, null, Rule::read, sink);
    }

    /**
     * Lists the rules of a chain.
     *
     * @param table the chain's table
     * @param chain the chain's name
     * @param sink takes them, in their order
     * @throws NetlinkException as {@link #rules(ObjectSink)}
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> void rules(TableId table, String chain, ObjectSink<Rule, E> sink)
            throws NetlinkException, E {
        Names.object("chain", chain);
        dumps.dump(
                "list rules of chain " + table + " " + chain,
                MessageTypes.GETRULE,
                table,
                writer -> writer.string(Nfta.RULE_CHAIN, chain),
                Rule::read,
                (Rule rule) -> {
                    if (rule.chain().equals(chain)) {
                        sink.object(rule);
                    }
                });
    }

    /**
     * Reads what the rules of a table do. Reads the table's sets now.
     *
     * @param table the table
     * @return the reader, for one thread at a time
     * @throws NetlinkException if there is no such table, the kernel refuses it otherwise, the socket fails, or the client is
     *     closed
     */
    public RuleReader ruleReader(TableId table) throws NetlinkException {
        return ruleReader(table, sets(table));
    }

    /** As {@link #ruleReader(TableId)}, with the table's sets, which were listed before. */
    RuleReader ruleReader(TableId table, List<NftSet> sets) {
        return new RuleReader(table, dumps, sets);
    }

    /**
     * The whole ruleset, with elements and rules as statements. It is in memory at once.
     *
     * @return its state while it is read; {@link Nftables#consistent} makes it the state of one moment
     * @throws NetlinkException if the kernel refuses it, a part cannot be read, the socket fails, or the client is closed
     */
    public Ruleset ruleset() throws NetlinkException {
        List<TableContents> contents = new ArrayList<>();
        for (Table table : tables()) {
            contents.add(new TableReader(this).read(table));
        }
        return Ruleset.of(contents);
    }

    /**
     * A table with all that it contains.
     *
     * @param id family and name
     * @return a ruleset of this table; of none if it does not exist
     * @throws NetlinkException as {@link #ruleset()}
     */
    public Ruleset ruleset(TableId id) throws NetlinkException {
        Optional<Table> table = table(id);
        return Ruleset.of(table.isPresent() ? List.of(new TableReader(this).read(table.get())) : List.of());
    }

    /**
     * What a rule does. For more than one rule of a table, {@link #ruleReader} reads the sets only once.
     *
     * @param rule the rule, as it was listed
     * @return the statements, in order
     * @throws NetlinkException as {@link RuleReader#statements}
     */
    public List<Statement> statements(Rule rule) throws NetlinkException {
        return ruleReader(rule.table()).statements(rule);
    }

    /**
     * A rule as {@code nft list ruleset} prints it. For more than one rule of a table, {@link #ruleReader} reads the sets only
     * once.
     *
     * @param rule the rule, as it was listed
     * @return one line without a line end
     * @throws NetlinkException as {@link RuleReader#statements}
     */
    public String text(Rule rule) throws NetlinkException {
        return ruleReader(rule.table()).text(rule);
    }

    /**
     * The sets and maps of all tables, without their elements.
     *
     * @return a new list
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public List<NftSet> sets() throws NetlinkException {
        List<NftSet> sets = new ArrayList<>();
        dumps.<NftSet, RuntimeException>dump("list sets", MessageTypes.GETSET, null, null, NftSet::read, sets::add);
        return sets;
    }

    /**
     * The sets and maps of a table, without their elements.
     *
     * @param table the table
     * @return a new list
     * @throws NetlinkException if there is no such table, the kernel refuses it otherwise, the socket fails, or the client is
     *     closed
     */
    public List<NftSet> sets(TableId table) throws NetlinkException {
        List<NftSet> sets = new ArrayList<>();
        dumps.<NftSet, RuntimeException>dump(
                "list sets of " + table, MessageTypes.GETSET, table, null, NftSet::read, sets::add);
        return sets;
    }

    /**
     * A set or map by its name, without its elements.
     *
     * @param table the set's table
     * @param name the set's name
     * @return the set, or empty if there is none
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public Optional<NftSet> set(TableId table, String name) throws NetlinkException {
        return dumps.get(
                "get set " + table + " " + name,
                MessageTypes.GETSET,
                writer -> writer.nfgenmsg(table.family().number(), 0)
                        .string(Nfta.SET_TABLE, table.name())
                        .string(Nfta.SET_NAME, name),
                NftSet::read);
    }

    /**
     * Lists the elements of a set, in the order of the kernel.
     *
     * <p>The kernel enlarges the hash table of a set without a {@linkplain NftSet#size size} some time after many elements were
     * added. A listing during that time has some elements twice and others not at all, and the kernel does not report it
     * ({@code nft_rhash_walk}). Give sets that are listed at such times a size. {@link #ruleset()} and {@link
     * Nftables#reconcile} list such a set again until no element is there twice.
     *
     * @param set the set, as it was listed or made
     * @param sink takes them
     * @throws NetlinkException if there is no such set, an element cannot be read, the kernel refuses it otherwise, the socket
     *     fails, or the client is closed
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> void elements(NftSet set, ObjectSink<SetElement, E> sink) throws NetlinkException, E {
        new Elements(dumps, set).list(MessageTypes.GETSETELEM, sink);
    }

    /**
     * Lists the elements of a set, and sets the counters and other states of each to their beginning. Needs Linux 6.5.
     *
     * @param set the set, as it was listed or made
     * @param sink takes them, with the states until now
     * @throws NetlinkException as {@link #elements}
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> void elementsAndReset(NftSet set, ObjectSink<SetElement, E> sink)
            throws NetlinkException, E {
        new Elements(dumps, set).list(MessageTypes.GETSETELEM_RESET, sink);
    }

    /**
     * Finds the element that a key belongs to: of a set with intervals, the interval that contains it.
     *
     * @param set the set, as it was listed or made
     * @param key a value of the set's type
     * @return the element, or empty if there is none
     * @throws NetlinkException if the kernel refuses it otherwise, the socket fails, or the client is closed
     * @throws IllegalArgumentException if the key does not fit the set's types
     */
    public Optional<SetElement> element(NftSet set, Expression key) throws NetlinkException {
        return new Elements(dumps, set).get(key);
    }

    /**
     * The objects of a table, with their states.
     *
     * @param table the table
     * @return a new list; empty also if there is no such table
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public List<StatefulObject> objects(TableId table) throws NetlinkException {
        return objects("list objects of ", MessageTypes.GETOBJ, table);
    }

    /**
     * The objects of a table, with their states until now, which begin anew: counters and quotas at 0.
     *
     * @param table the table
     * @return a new list; empty also if there is no such table
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public List<StatefulObject> objectsAndReset(TableId table) throws NetlinkException {
        return objects("list and reset objects of ", MessageTypes.GETOBJ_RESET, table);
    }

    private List<StatefulObject> objects(String what, int type, TableId table) throws NetlinkException {
        List<StatefulObject> objects = new ArrayList<>();
        dumps.<StatefulObject, RuntimeException>dump(
                what + table, type, table, null, StatefulObject::read, objects::add);
        return objects;
    }

    /**
     * The flow tables of a table.
     *
     * @param table the table
     * @return a new list; empty also if there is no such table
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public List<FlowTable> flowTables(TableId table) throws NetlinkException {
        List<FlowTable> tables = new ArrayList<>();
        dumps.<FlowTable, RuntimeException>dump(
                "list flow tables of " + table, MessageTypes.GETFLOWTABLE, table, null, FlowTable::read, tables::add);
        return tables;
    }
}
