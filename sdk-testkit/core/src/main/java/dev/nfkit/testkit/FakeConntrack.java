// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.testkit.conntrack.ConntrackModel;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The kernel's side of connection tracking: a table of connections, the expectations of helpers, and the events about
 * both. Modelled on {@code net/netfilter/nf_conntrack_netlink.c} and compared with Linux 6.18. Safe for any number of
 * threads.
 *
 * <pre>{@code
 * long id = transport.conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", 4000, "10.0.0.2", 53)));
 * ... the code under test dumps the table, or receives the event of a new connection ...
 * transport.conntrack().change(id, entry -> entry.mark(7));
 * transport.conntrack().expire(id);
 * }</pre>
 *
 * <p>Timeouts follow the transport's clock; a connection that times out causes an event. A dump returns the entries in
 * the order in which they were added, and never returns one twice.
 */
public final class FakeConntrack {
    private final ConntrackModel model;
    private final ConntrackSettings settings;

    FakeConntrack(ConntrackModel model) {
        this.model = model;
        this.settings = new ConntrackSettings(model.properties());
    }

    /**
     * Returns the properties of the kernel.
     *
     * @return the settings, always the same
     */
    public ConntrackSettings settings() {
        return settings;
    }

    /**
     * Adds a connection, as a packet does, and sends an event.
     *
     * @param connection the connection, which is copied; if its id is 1 it gets another one
     * @return its id, 0 to 2³²−1
     * @throws IllegalArgumentException if one of its directions or its id is taken
     */
    public long add(SampleConntrack connection) {
        return model.add(connection.contents());
    }

    /**
     * Changes a connection as packets and rules do. Sends an event if the kernel does: not for counters and timeouts.
     *
     * @param id the id that {@link #add} returned, or that was received
     * @param change changes the connection, but not its tuples, zone or id
     * @throws IllegalArgumentException if there is no connection with that id
     */
    public void change(long id, Consumer<SampleConntrack> change) {
        model.change(id, contents -> change.accept(new SampleConntrack(contents)));
    }

    /**
     * Lets a connection time out, and sends an event.
     *
     * @param id the id that {@link #add} returned, or that was received
     * @throws IllegalArgumentException if there is no connection with that id
     */
    public void expire(long id) {
        model.expire(id);
    }

    /**
     * Removes a connection before its timeout, as the kernel does to free space, and sends an event.
     *
     * @param id the id that {@link #add} returned, or that was received
     * @throws IllegalArgumentException if there is no connection with that id
     */
    public void remove(long id) {
        model.remove(id);
    }

    /**
     * Returns the connections, with their remaining time.
     *
     * @return copies, in the order of their creation
     */
    public List<SampleConntrack> connections() {
        return model.connections(SampleConntrack::new);
    }

    /**
     * Returns a connection.
     *
     * @param id the id that {@link #add} returned, or that was received
     * @return a copy with its remaining time, or empty if there is no connection with that id
     */
    public Optional<SampleConntrack> connection(long id) {
        return model.connection(id).map(SampleConntrack::new);
    }

    /**
     * Adds an expectation, as a helper does, and sends an event. The master connection need not be in the table.
     *
     * @param expectation the expectation, which is copied; if its id is 1 it gets another one
     * @return its id, 0 to 2³²−1
     */
    public long expect(SampleExpectation expectation) {
        return model.expect(expectation.contents());
    }

    /**
     * Ends an expectation, as its connection or its timeout does, and sends an event.
     *
     * @param id the id that {@link #expect} returned, or that was received
     * @throws IllegalArgumentException if there is no expectation with that id
     */
    public void unexpect(long id) {
        model.unexpect(id);
    }

    /**
     * Returns the expectations.
     *
     * @return copies, in the order of their creation
     */
    public List<SampleExpectation> expectations() {
        return model.expectations().stream().map(SampleExpectation::new).toList();
    }

    /**
     * Marks the next dumps as interrupted (NLM_F_DUMP_INTR), as if the table had changed meanwhile. If a dump has
     * several datagrams, the first is not marked.
     *
     * @param dumps the number of dumps, from now on
     */
    public void interruptDumps(int dumps) {
        model.interruptDumps(dumps);
    }
}
