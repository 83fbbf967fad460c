// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.StatisticsAttribute;
import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.conntrack.codec.MessageTypes;
import dev.nfkit.session.TableRequests;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Reads, creates and removes the connections that helpers expect. It belongs to a {@link Conntrack} client, uses its
 * sockets, and has the same threading rules and lifetime.
 */
public final class Expectations {
    private final TableRequests requests;
    private final TableRequests dumps;

    Expectations(TableRequests requests, TableRequests dumps) {
        this.requests = requests;
        this.dumps = dumps;
    }

    /**
     * Dumps all expectations, in no particular order.
     *
     * @param sink takes them, on the calling thread
     * @return the result of the dump
     * @throws KernelRefusedException if the kernel refuses it
     * @throws MalformedMessageException if one cannot be read
     * @throws NetlinkException if the socket fails, or the client is closed
     * @throws E as the sink throws; the rest of the dump is discarded
     * @throws IllegalStateException inside a sink of the same client
     * @param <E> what the sink may throw
     */
    public <E extends Exception> DumpResult dump(ExpectationSink<E> sink) throws NetlinkException, E {
        long[] delivered = new long[1];
        boolean interrupted = dumps.<E>ask(
                "dump expectations",
                MessageTypes.EXP_GET,
                Netlink.NLM_F_DUMP,
                writer -> writer.nfgenmsg(0, 0),
                message -> {
                    ConntrackExpectation expectation = ConntrackExpectation.read(message);
                    delivered[0]++;
                    sink.expectation(expectation);
                });
        return new DumpResult(delivered[0], interrupted);
    }

    /**
     * Collects all expectations.
     *
     * @return a new list
     * @throws NetlinkException as {@link #dump}
     */
    public List<ConntrackExpectation> list() throws NetlinkException {
        List<ConntrackExpectation> all = new ArrayList<>();
        this.<RuntimeException>dump(all::add);
        return all;
    }

    /**
     * Finds an expectation of zone 0 by the connection to come.
     *
     * @param tuple the original tuple of that connection; bits outside the expectation's mask are ignored
     * @return the expectation, or empty if there is none
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public Optional<ConntrackExpectation> get(ConntrackTuple tuple) throws NetlinkException {
        List<ConntrackExpectation> found = new ArrayList<>(1);
        requests.askIfThere(
                "get expectation " + tuple,
                MessageTypes.EXP_GET,
                writer -> tuple.writeTo(writer.nfgenmsg(tuple.family().number(), 0), Cta.EXPECT_TUPLE),
                message -> found.add(ConntrackExpectation.read(message)));
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
    }

    /**
     * Creates an expectation.
     *
     * @param expectation the expectation
     * @throws KernelRefusedException if the connection that announces it does not exist ({@link
     *     dev.nfkit.Refusal#NOT_FOUND}) or has no helper (EOPNOTSUPP), or there already is such an expectation ({@link
     *     dev.nfkit.Refusal#EXISTS})
     * @throws NetlinkException if the socket fails, or the client is closed
     */
    public void create(NewExpectation expectation) throws NetlinkException {
        requests.send(
                "create expectation " + expectation,
                MessageTypes.EXP_NEW,
                Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL,
                writer -> expectation.writeTo(
                        writer.nfgenmsg(expectation.tuple().family().number(), 0)));
    }

    /**
     * Removes an expectation of zone 0.
     *
     * @param tuple the original tuple of the connection to come
     * @return whether there was one
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public boolean delete(ConntrackTuple tuple) throws NetlinkException {
        return requests.sendIfThere(
                "delete expectation " + tuple,
                MessageTypes.EXP_DELETE,
                writer -> tuple.writeTo(writer.nfgenmsg(tuple.family().number(), 0), Cta.EXPECT_TUPLE));
    }

    /**
     * Removes all expectations of the namespace.
     *
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public void flush() throws NetlinkException {
        requests.send("flush expectations", MessageTypes.EXP_DELETE, 0, writer -> writer.nfgenmsg(0, 0));
    }

    /**
     * Removes all expectations of one helper.
     *
     * @param helper its name
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public void flush(String helper) throws NetlinkException {
        Objects.requireNonNull(helper, "helper");
        requests.send(
                "flush expectations of " + helper,
                MessageTypes.EXP_DELETE,
                0,
                writer -> writer.nfgenmsg(0, 0).string(Cta.EXPECT_HELP_NAME, helper));
    }

    /**
     * Each processor's counters of expectations.
     *
     * @return the counters, by processor
     * @throws NetlinkException if the kernel refuses it, the socket fails, or the client is closed
     */
    public List<CpuCounters<StatisticsAttribute.Expectations>> cpuStatistics() throws NetlinkException {
        return StatisticsRequests.expectations(requests);
    }
}
