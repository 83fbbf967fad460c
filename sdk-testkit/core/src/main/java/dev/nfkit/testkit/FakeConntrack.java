package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.testkit.ConntrackNotices.Cause;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
    private static final long IPS_DYING = 1 << 9;
    private static final long ASSIGNED = 1;

    private final FakeNetfilter transport;
    private final ConntrackSettings settings;
    private final ConntrackNotices notices;
    private final ConntrackTable table = new ConntrackTable();
    private final List<SampleExpectation> expectations = new ArrayList<>();
    private final Map<SampleExpectation, TestClock.Timer> expectationTimers = new HashMap<>();
    private long nextId = 0x4d2_0001L;
    private int interruptions;

    FakeConntrack(FakeNetfilter transport) {
        this.transport = transport;
        this.settings = new ConntrackSettings(transport.clock());
        this.notices = new ConntrackNotices(transport, settings);
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
        return locked(() -> {
            SampleConntrack entry = connection.copy();
            if (table.taken(entry)) {
                throw new IllegalArgumentException("there is a connection " + entry.original() + " or its reply");
            }
            TrackedConnection made = enter(entry);
            notices.created(made.sample(), Cause.PACKET);
            return made.id();
        });
    }

    /**
     * Changes a connection as packets and rules do. Sends an event if the kernel does: not for counters and timeouts.
     *
     * @param id the id that {@link #add} returned, or that was received
     * @param change changes the connection, but not its tuples, zone or id
     * @throws IllegalArgumentException if there is no connection with that id
     */
    public void change(long id, Consumer<SampleConntrack> change) {
        locked(() -> {
            TrackedConnection entry = known(id);
            SampleConntrack before = entry.sample().copy();
            change.accept(entry.sample());
            long timeout = entry.stated();
            if (timeout != before.number(ConntrackAttribute.TIMEOUT)) {
                expireAfter(entry, timeout);
            }
            notices.changed(before, entry.sample());
            return id;
        });
    }

    /**
     * Lets a connection time out, and sends an event.
     *
     * @param id the id that {@link #add} returned, or that was received
     * @throws IllegalArgumentException if there is no connection with that id
     */
    public void expire(long id) {
        locked(() -> {
            TrackedConnection entry = known(id);
            expireAfter(entry, 0);
            end(entry, Cause.PACKET);
            return id;
        });
    }

    /**
     * Removes a connection before its timeout, as the kernel does to free space, and sends an event.
     *
     * @param id the id that {@link #add} returned, or that was received
     * @throws IllegalArgumentException if there is no connection with that id
     */
    public void remove(long id) {
        locked(() -> {
            end(known(id), Cause.PACKET);
            return id;
        });
    }

    /**
     * Returns the connections, with their remaining time.
     *
     * @return copies, in the order of their creation
     */
    public List<SampleConntrack> connections() {
        return locked(
                () -> table.all().stream().map(entry -> entry.sample().copy()).toList());
    }

    /**
     * Returns a connection.
     *
     * @param id the id that {@link #add} returned, or that was received
     * @return a copy with its remaining time, or empty if there is no connection with that id
     */
    public Optional<SampleConntrack> connection(long id) {
        return locked(() ->
                Optional.ofNullable(table.byId(id)).map(entry -> entry.sample().copy()));
    }

    /**
     * Adds an expectation, as a helper does, and sends an event. The master connection need not be in the table.
     *
     * @param expectation the expectation, which is copied; if its id is 1 it gets another one
     * @return its id, 0 to 2³²−1
     */
    public long expect(SampleExpectation expectation) {
        return locked(() -> {
            SampleExpectation made = enter(expectation.copy());
            notices.expected(made, Cause.PACKET);
            return made.number(ExpectationAttribute.ID);
        });
    }

    /**
     * Ends an expectation, as its connection or its timeout does, and sends an event.
     *
     * @param id the id that {@link #expect} returned, or that was received
     * @throws IllegalArgumentException if there is no expectation with that id
     */
    public void unexpect(long id) {
        locked(() -> {
            SampleExpectation found = expectations.stream()
                    .filter(each -> each.number(ExpectationAttribute.ID) == id)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("there is no expectation of id " + id));
            end(found, Cause.PACKET);
            return id;
        });
    }

    /**
     * Returns the expectations.
     *
     * @return copies, in the order of their creation
     */
    public List<SampleExpectation> expectations() {
        return locked(() -> expectations.stream().map(SampleExpectation::copy).toList());
    }

    /**
     * Marks the next dumps as interrupted (NLM_F_DUMP_INTR), as if the table had changed meanwhile. If a dump has
     * several datagrams, the first is not marked.
     *
     * @param dumps the number of dumps, from now on
     */
    public void interruptDumps(int dumps) {
        locked(() -> interruptions = dumps);
    }

    private <T> T locked(Supplier<T> action) {
        transport.clock().lock().lock();
        try {
            T result = action.get();
            transport.clock().changed();
            return result;
        } finally {
            transport.clock().lock().unlock();
        }
    }

    // The following is for the requests. All of it requires the lock.

    boolean takes(SentMessage request) {
        int subsystem = request.type() >> 8;
        return subsystem == Netlink.NFNL_SUBSYS_CTNETLINK || subsystem == Netlink.NFNL_SUBSYS_CTNETLINK_EXP;
    }

    /** Executes a message. Returns whether it may be acknowledged; a dump is not. */
    boolean request(FakeNetlinkSocket socket, SentMessage request) throws Refused {
        if (!settings.available()) {
            throw new Refused(Errno.EINVAL);
        }
        return request.type() >> 8 == Netlink.NFNL_SUBSYS_CTNETLINK
                ? new ConntrackRequests(this).carryOut(socket, request)
                : new ExpectationRequests(this).carryOut(socket, request);
    }

    TestClock clock() {
        return transport.clock();
    }

    ConntrackTable table() {
        return table;
    }

    ConntrackNotices notices() {
        return notices;
    }

    boolean takeInterruption() {
        return interruptions > 0 && interruptions-- > 0;
    }

    private TrackedConnection known(long id) {
        TrackedConnection entry = table.byId(id);
        if (entry == null) {
            throw new IllegalArgumentException("there is no connection of id " + id);
        }
        return entry;
    }

    /** Puts a connection into the table, without an event. */
    TrackedConnection enter(SampleConntrack entry) {
        if (entry.number(ConntrackAttribute.ID) == ASSIGNED) {
            entry.id(nextId++);
        }
        if (table.byId(entry.number(ConntrackAttribute.ID)) != null) {
            throw new IllegalArgumentException("there is a connection of id " + entry.number(ConntrackAttribute.ID));
        }
        TrackedConnection made = new TrackedConnection(clock(), entry, settings.labelled());
        table.add(made);
        expireAfter(made, entry.number(ConntrackAttribute.TIMEOUT));
        return made;
    }

    void expireAfter(TrackedConnection entry, long seconds) {
        entry.expireAfter(seconds, () -> end(entry, Cause.PACKET));
    }

    /** Removes a connection and its expectations. */
    void end(TrackedConnection entry, Cause cause) {
        if (!table.remove(entry)) {
            return;
        }
        entry.stopTimer();
        SampleConntrack last = entry.sample();
        last.status(last.status() | IPS_DYING);
        last.stop(clock().epochNanos());
        notices.destroyed(last, cause);
        endExpectationsOf(entry);
    }

    void endExpectationsOf(TrackedConnection master) {
        expectationsOf(master).forEach(each -> end(each, Cause.PACKET));
    }

    List<SampleExpectation> allExpectations() {
        expectations.forEach(this::tellTimeLeft);
        return List.copyOf(expectations);
    }

    List<SampleExpectation> expectationsOf(TrackedConnection master) {
        SampleTuple tuple = master.sample().original().plain();
        return allExpectations().stream()
                .filter(each -> each.master().plain().equals(tuple))
                .toList();
    }

    /** The expectation that a tuple matches: its source within the mask, its target exactly. */
    @Nullable
    SampleExpectation expectation(SampleTuple tuple, ConntrackZone zone) {
        for (SampleExpectation each : allExpectations()) {
            TrackedConnection master = table.find(each.master(), zone);
            if ((master != null || zone.id() == 0) && each.isMetBy(tuple)) {
                return each;
            }
        }
        return null;
    }

    /** Adds an expectation, without an event. */
    SampleExpectation enter(SampleExpectation made) {
        if (made.number(ExpectationAttribute.ID) == ASSIGNED) {
            made.id(nextId++);
        }
        expectations.add(made);
        expireAfter(made, made.number(ExpectationAttribute.TIMEOUT));
        return made;
    }

    void expireAfter(SampleExpectation expectation, long seconds) {
        stopTimer(expectation);
        expectation.timeout(seconds);
        long at = clock().now() + TimeUnit.SECONDS.toNanos(seconds);
        expectationTimers.put(expectation, clock().schedule(at, () -> end(expectation, Cause.PACKET)));
    }

    private void stopTimer(SampleExpectation expectation) {
        TestClock.Timer timer = expectationTimers.remove(expectation);
        if (timer != null) {
            clock().cancel(timer);
        }
    }

    private void tellTimeLeft(SampleExpectation expectation) {
        TestClock.Timer timer = expectationTimers.get(expectation);
        if (timer != null) {
            expectation.timeout(Math.max(0, TimeUnit.NANOSECONDS.toSeconds(timer.at() - clock().now())));
        }
    }

    void end(SampleExpectation expectation, Cause cause) {
        if (expectations.remove(expectation)) {
            tellTimeLeft(expectation);
            stopTimer(expectation);
            notices.unexpected(expectation, cause);
        }
    }
}
