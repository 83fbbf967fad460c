// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

import dev.nfkit.AddressFamily;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.Refusal;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackFilter;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.conntrack.StatisticsAttribute;
import dev.nfkit.conntrack.codec.EntryAttributes;
import dev.nfkit.conntrack.codec.FilterConditions;
import dev.nfkit.conntrack.codec.MessageTypes;
import dev.nfkit.conntrack.codec.Probe;
import dev.nfkit.session.Failures;
import dev.nfkit.session.TableRequests;
import dev.nfkit.socket.Loan;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The table of connections: its entries read, created, changed and removed, its statistics, and its expectations.
 *
 * <pre>{@code
 * try (Conntrack table = Conntrack.open(LinuxTransport.current())) {
 *     table.dump(ConntrackFilter.all().mark(7), entry -> System.out.println(entry));
 * }
 * }</pre>
 *
 * <p>The kernel tracks connections of a network namespace only if it is requested: by a rule with {@code -m conntrack},
 * {@code ct state} or NAT. Until then the table is empty.
 *
 * <p>Safe for any number of threads. Calls are executed one at a time, and dumps separately from other calls: a sink
 * may update or delete the entries it receives. A call waits for the kernel's answer, at most 5 seconds for each part
 * of it. {@link #close()} makes the calls in progress fail; interrupting the thread does not. All calls need {@code
 * CAP_NET_ADMIN} in the user namespace that owns the network namespace.
 *
 * <p>Follows {@code nf_conntrack_netlink.c}.
 */
public final class Conntrack implements AutoCloseable {
    private static final int DUMP_PARTS = 16;
    private static final int ANSWER_PARTS = 2;

    private final TableRequests requests;
    private final TableRequests dumps;
    private final ConnectionRequests connections;

    private Conntrack(TableRequests requests, TableRequests dumps) {
        this.requests = requests;
        this.dumps = dumps;
        this.connections = new ConnectionRequests(requests);
    }

    /**
     * Opens a client of the table and sends a first request, so that missing privileges or missing support are detected
     * at once.
     *
     * @param transport the network namespace
     * @return the client; the caller closes it
     * @throws KernelRefusedException if the capability is missing ({@link Refusal#NO_CAPABILITY}), or the kernel has no
     *     {@code nf_conntrack_netlink} ({@link Refusal#NOT_SUPPORTED})
     * @throws NetlinkException if a socket cannot be opened
     */
    public static Conntrack open(NetlinkTransport transport) throws NetlinkException {
        TableRequests requests = TableRequests.open(transport, Probe.TABLE, ANSWER_PARTS);
        TableRequests dumps = null;
        try {
            dumps = TableRequests.open(transport, Probe.TABLE, DUMP_PARTS);
            Conntrack table = new Conntrack(requests, dumps);
            requests.probe(Probe.NAME, Probe.TYPE, Probe.UNSUPPORTED);
            return table;
        } catch (Throwable e) {
            Failures.closeAfter(requests, e);
            if (dumps != null) {
                Failures.closeAfter(dumps, e);
            }
            throw e;
        }
    }

    /**
     * Dumps all entries.
     *
     * @param sink takes them
     * @return the result of the dump
     * @throws NetlinkException as {@link #dump(ConntrackFilter, EntrySink)}
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> DumpResult dump(EntrySink<E> sink) throws NetlinkException, E {
        return dump(ConntrackFilter.all(), sink);
    }

    /**
     * Dumps the entries that a filter matches, in no particular order. Memory stays constant, whatever their number.
     * The sink runs on the calling thread, and delays other dumps of this client, but not other requests.
     *
     * @param filter selects the entries
     * @param sink takes them
     * @return the result of the dump
     * @throws KernelRefusedException if the kernel refuses it
     * @throws MalformedMessageException if an entry cannot be read
     * @throws NetlinkException if the socket fails, or the client is closed
     * @throws E as the sink throws; the rest of the dump is discarded
     * @throws IllegalStateException inside a sink of the same client
     * @param <E> what the sink may throw
     */
    public <E extends Exception> DumpResult dump(ConntrackFilter filter, EntrySink<E> sink) throws NetlinkException, E {
        return dump("dump connections", MessageTypes.CT_GET, filter, sink);
    }

    /**
     * Dumps the entries that a filter matches and sets their counters of packets and bytes to 0, so that the next dump
     * returns the counts since this one. The kernel resets the entries that match its own part of the filter; a kernel
     * that cannot compare all of the filter resets more.
     *
     * @param filter selects the entries
     * @param sink takes them, with the counts until now
     * @return the result of the dump
     * @throws NetlinkException as {@link #dump(ConntrackFilter, EntrySink)}
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> DumpResult dumpAndResetCounters(ConntrackFilter filter, EntrySink<E> sink)
            throws NetlinkException, E {
        return dump("dump connections and reset their counters", MessageTypes.CT_GET_CTRZERO, filter, sink);
    }

    /**
     * Dumps the connections that have ended or were removed, but are still referenced. Kernels from 6.4 on keep only
     * those whose end could not be reported to a listener.
     *
     * @param sink takes them
     * @return the result of the dump
     * @throws NetlinkException as {@link #dump(ConntrackFilter, EntrySink)}
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> DumpResult dumpDying(EntrySink<E> sink) throws NetlinkException, E {
        return dump("dump dying connections", MessageTypes.CT_GET_DYING, ConntrackFilter.all(), sink);
    }

    /**
     * Dumps the connections whose first packet has not left the host yet. Kernels from 6.4 on return none.
     *
     * @param sink takes them
     * @return the result of the dump
     * @throws NetlinkException as {@link #dump(ConntrackFilter, EntrySink)}
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> DumpResult dumpUnconfirmed(EntrySink<E> sink) throws NetlinkException, E {
        return dump("dump unconfirmed connections", MessageTypes.CT_GET_UNCONFIRMED, ConntrackFilter.all(), sink);
    }

    private <E extends Exception> DumpResult dump(String what, int type, ConntrackFilter filter, EntrySink<E> sink)
            throws NetlinkException, E {
        FilterConditions conditions = filter.conditions();
        EntryAttributes attributes = new EntryAttributes(null);
        ConntrackEntry view = new ConntrackEntry(attributes);
        long[] delivered = new long[1];
        boolean interrupted = dumps.<E>ask(
                what,
                type,
                Netlink.NLM_F_DUMP,
                writer -> conditions.writeTo(
                        writer.nfgenmsg(conditions.requestFamily().number(), 0)),
                message -> {
                    Loan loan = dumps.lend();
                    EntryAttributes read = loan == null ? attributes : new EntryAttributes(loan);
                    read.wrap(message);
                    try {
                        if (conditions.matches(read)) {
                            delivered[0]++;
                            sink.entry(loan == null ? view : new ConntrackEntry(read));
                        }
                    } finally {
                        read.release();
                    }
                });
        return new DumpResult(delivered[0], interrupted);
    }

    /**
     * Collects the entries that a filter matches, as owned copies of about 800 bytes each.
     *
     * @param filter selects the entries
     * @return a new list
     * @throws NetlinkException as {@link #dump(ConntrackFilter, EntrySink)}
     */
    public List<ConntrackEntry> list(ConntrackFilter filter) throws NetlinkException {
        List<ConntrackEntry> entries = new ArrayList<>();
        dump(filter, entry -> entries.add(entry.copy()));
        return entries;
    }

    /**
     * Finds a connection of zone 0 by one of its tuples.
     *
     * @param tuple the original or the reply tuple
     * @return an owned entry, or empty if there is no such connection
     * @throws NetlinkException as {@link #get(ConntrackTuple, int)}
     */
    public Optional<ConntrackEntry> get(ConntrackTuple tuple) throws NetlinkException {
        return get(tuple, 0);
    }

    /**
     * Finds a connection by one of its tuples.
     *
     * @param tuple the original or the reply tuple
     * @param zone the zone, 0 to 65535
     * @return an owned entry, or empty if there is no such connection
     * @throws IllegalArgumentException if the zone is out of range
     * @throws KernelRefusedException if the kernel refuses it otherwise
     * @throws NetlinkException if the socket fails, or the client is closed
     */
    public Optional<ConntrackEntry> get(ConntrackTuple tuple, int zone) throws NetlinkException {
        return connections.get(tuple, zone);
    }

    /**
     * Finds a connection by one of its tuples and sets its counters to 0.
     *
     * @param tuple the original or the reply tuple
     * @param zone the zone, 0 to 65535
     * @return an owned entry with the counts until now, or empty if there is no such connection
     * @throws IllegalArgumentException if the zone is out of range
     * @throws NetlinkException as {@link #get(ConntrackTuple, int)}
     */
    public Optional<ConntrackEntry> getAndResetCounters(ConntrackTuple tuple, int zone) throws NetlinkException {
        return connections.getAndResetCounters(tuple, zone);
    }

    /**
     * Adds a connection to the table.
     *
     * @param connection the connection
     * @throws KernelRefusedException if there is already one with one of its tuples ({@link Refusal#EXISTS}), or the
     *     kernel refuses it otherwise
     * @throws NetlinkException if the socket fails, or the client is closed
     */
    public void create(NewConnection connection) throws NetlinkException {
        connections.create(connection);
    }

    /**
     * Adds a connection to the table, or changes the one that has its original tuple. Status bits are set in addition
     * to those already set. The kernel refuses to change translation and master (EOPNOTSUPP).
     *
     * @param connection the connection
     * @throws KernelRefusedException if the kernel refuses it
     * @throws NetlinkException if the socket fails, or the client is closed
     */
    public void createOrUpdate(NewConnection connection) throws NetlinkException {
        connections.createOrUpdate(connection);
    }

    /**
     * Changes a connection of zone 0.
     *
     * @param tuple the original or the reply tuple
     * @param update the changes
     * @throws NetlinkException as {@link #update(ConntrackTuple, int, ConntrackUpdate)}
     */
    public void update(ConntrackTuple tuple, ConntrackUpdate update) throws NetlinkException {
        update(tuple, 0, update);
    }

    /**
     * Changes a connection. Status bits are set in addition to those already set, which takes another request.
     *
     * @param tuple the original or the reply tuple
     * @param zone the zone, 0 to 65535
     * @param update the changes
     * @throws IllegalArgumentException if the zone is out of range, or the update is of another protocol than the tuple
     * @throws KernelRefusedException if there is no such connection ({@link Refusal#NOT_FOUND}), or the kernel refuses
     *     the change: EBUSY for a status bit that user space may not set, ENOSPC for labels if the connection has no
     *     space for them
     * @throws NetlinkException if the socket fails, or the client is closed
     */
    public void update(ConntrackTuple tuple, int zone, ConntrackUpdate update) throws NetlinkException {
        connections.update(tuple, zone, update);
    }

    /**
     * Removes a connection of zone 0.
     *
     * @param tuple the original or the reply tuple
     * @return whether there was one
     * @throws NetlinkException as {@link #delete(ConntrackTuple, int)}
     */
    public boolean delete(ConntrackTuple tuple) throws NetlinkException {
        return delete(tuple, 0);
    }

    /**
     * Removes a connection. Its next packet begins a new one.
     *
     * @param tuple the original or the reply tuple
     * @param zone the zone, 0 to 65535
     * @return whether there was one
     * @throws IllegalArgumentException if the zone is out of range
     * @throws KernelRefusedException if the kernel refuses it otherwise: EBUSY if a device handles it
     * @throws NetlinkException if the socket fails, or the client is closed
     */
    public boolean delete(ConntrackTuple tuple, int zone) throws NetlinkException {
        return connections.delete(tuple, zone, OptionalLong.empty());
    }

    /**
     * Removes exactly the connection of an entry, and not a later one with the same tuples.
     *
     * @param entry the entry, with original tuple and id
     * @return whether it still existed
     * @throws KernelRefusedException if the kernel refuses it otherwise
     * @throws NetlinkException if the socket fails, or the client is closed
     */
    public boolean delete(ConntrackEntry entry) throws NetlinkException {
        return connections.delete(entry.original(), entry.zone(), OptionalLong.of(entry.id()));
    }

    /**
     * Removes all connections that a filter matches, one by one during a dump.
     *
     * @param filter selects the connections
     * @return the number of removed connections
     * @throws NetlinkException as {@link #dump(ConntrackFilter, EntrySink)} and {@link #delete(ConntrackEntry)}
     */
    public long deleteAll(ConntrackFilter filter) throws NetlinkException {
        long[] deleted = new long[1];
        this.<NetlinkException>dump(filter, entry -> {
            if (delete(entry)) {
                deleted[0]++;
            }
        });
        return deleted[0];
    }

    /**
     * Removes all connections of the namespace at once.
     *
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public void flush() throws NetlinkException {
        flush(AddressFamily.UNSPEC);
    }

    /**
     * Removes all connections of a family at once. Kernels before 5.3 ignore the family and remove all.
     *
     * @param family IPv4, IPv6, or unspecified for both
     * @throws IllegalArgumentException if it is another family
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public void flush(AddressFamily family) throws NetlinkException {
        connections.flush(family);
    }

    /**
     * The fill level of the table.
     *
     * @return the number of entries and its limit
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public ConntrackStatistics statistics() throws NetlinkException {
        return StatisticsRequests.global(requests);
    }

    /**
     * Each processor's counters of connections.
     *
     * @return the counters, by processor
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public List<CpuCounters<StatisticsAttribute>> cpuStatistics() throws NetlinkException {
        return StatisticsRequests.connections(requests);
    }

    /**
     * The expectations, through the same client.
     *
     * @return the expectations; closed with this client
     */
    public Expectations expectations() {
        return new Expectations(requests, dumps);
    }

    /** Closes the client: calls in progress fail. Any thread; idempotent. */
    @Override
    public void close() {
        try {
            requests.close();
        } finally {
            dumps.close();
        }
    }
}
