package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.session.Exchange;
import dev.nfkit.session.TableRequests;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ruleset. Each method lists the objects as they are at that moment; {@link Nftables#consistent} makes the results
 * of several belong together. Methods with a sink need constant memory, whatever the number of objects.
 *
 * <p>Safe for any number of threads; one listing runs at a time. A sink may commit batches, but not list: IllegalStateException.
 *
 * <p>Follows {@code nf_tables_dump_*} in {@code nf_tables_api.c}.
 */
public final class Listing {
    private final TableRequests requests;
    private final TableRequests dumps;
    /** The number of dumps that the kernel reported as interrupted by a change. */
    private int interruptions;

    Listing(TableRequests requests, TableRequests dumps) {
        this.requests = requests;
        this.dumps = dumps;
    }

    /** Reads an object from its message. */
    interface Reader<T> {
        T read(MessageCursor message) throws MalformedMessageException;
    }

    int interruptions() {
        return interruptions;
    }

    /**
     * The present state of the ruleset.
     *
     * @return its number, and this process
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public Generation generation() throws NetlinkException {
        List<Generation> found = new ArrayList<>(1);
        requests.<RuntimeException>ask(
                "get the generation of the ruleset",
                MessageTypes.GETGEN,
                0,
                writer -> writer.nfgenmsg(0, 0),
                message -> found.add(Generation.read(message)));
        if (found.isEmpty()) {
            throw new MalformedMessageException("answer to NFT_MSG_GETGEN", 0, "a generation", "none");
        }
        return found.get(0);
    }

    /**
     * All tables.
     *
     * @return a new list
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public List<Table> tables() throws NetlinkException {
        List<Table> tables = new ArrayList<>();
        this.<Table, RuntimeException>dump("list tables", MessageTypes.GETTABLE, null, null, Table::read, tables::add);
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
        return get(
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
        this.<Chain, RuntimeException>dump("list chains", MessageTypes.GETCHAIN, null, null, Chain::read, chains::add);
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
        this.<Chain, RuntimeException>dump(
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
        return get(
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
        dump("list rules", MessageTypes.GETRULE, null, null, Rule::read, sink);
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
        dump("list rules of " + table, MessageTypes.GETRULE, table, null, Rule::read, sink);
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
        dump(
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

    /** Dumps objects; all that a table does not contain are left out, because the kernel may not select by it. */
    private <T extends RulesetObject, E extends Exception> void dump(
            String what,
            int type,
            @Nullable TableId table,
            Exchange.@Nullable Body more,
            Reader<T> reader,
            ObjectSink<T, E> sink)
            throws NetlinkException, E {
        int family = table == null ? 0 : table.family().number();
        // The number of the table's name is the same for chains, rules, sets, objects and flow tables.
        boolean selects = table != null && type != MessageTypes.GETTABLE && type != MessageTypes.GETCHAIN;
        Predicate<T> matches = found -> table == null || found.table().equals(table);
        boolean interrupted = dumps.<E>ask(
                what,
                type,
                Netlink.NLM_F_DUMP,
                writer -> {
                    writer.nfgenmsg(family, 0);
                    if (selects && table != null) {
                        writer.string(Nfta.RULE_TABLE, table.name());
                    }
                    if (more != null) {
                        more.writeTo(writer);
                    }
                },
                message -> {
                    if (Families.hasTables(AddressFamily.of(message.family()))) {
                        T found = reader.read(message);
                        if (matches.test(found)) {
                            sink.object(found);
                        }
                    }
                });
        if (interrupted) {
            interruptions++;
        }
    }

    private <T> Optional<T> get(String what, int type, Exchange.Body body, Reader<T> reader) throws NetlinkException {
        List<T> found = new ArrayList<>(1);
        requests.askIfThere(what, type, body, message -> found.add(reader.read(message)));
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
    }
}
