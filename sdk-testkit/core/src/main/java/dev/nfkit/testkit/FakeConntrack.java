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
 * The kernel's side of connection tracking: a table of connections, the connections that helpers expect, and the events
 * about both. After {@code net/netfilter/nf_conntrack_netlink.c}, and held against Linux 6.18. Safe for any number of
 * threads.
 *
 * <pre>{@code
 * long id = transport.conntrack().add(SampleConntrack.of(SampleTuple.udp("10.0.0.1", 4000, "10.0.0.2", 53)));
 * ... the code under test dumps the table, or is told of a new connection ...
 * transport.conntrack().change(id, entry -> entry.mark(7));
 * transport.conntrack().expire(id);
 * }</pre>
 *
 * <p>A timeout runs by the transport's clock, and its end is told as any other. A dump gives the entries in the order in
 * which they were added; what it does not do is give one twice.
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
     * What kind of kernel it is of.
     *
     * @return the settings, always the same
     */
    public ConntrackSettings settings() {
        return settings;
    }

    /**
     * A packet makes a connection, and listeners are told.
     *
     * @param connection the connection, of which a copy is taken; where its id is 1 it gets another
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
     * Changes a connection as packets and rules do, and tells listeners where the kernel would: not of counters and
     * timeouts.
     *
     * @param id what {@link #add} gave, or the wire
     * @param change changes it; not its tuples, zone or id
     * @throws IllegalArgumentException if there is none of that id
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
     * Lets a connection's time run out, and tells listeners.
     *
     * @param id what {@link #add} gave, or the wire
     * @throws IllegalArgumentException if there is none of that id
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
     * Takes a connection out of the table before its time, as the kernel does to make room, and tells listeners.
     *
     * @param id what {@link #add} gave, or the wire
     * @throws IllegalArgumentException if there is none of that id
     */
    public void remove(long id) {
        locked(() -> {
            end(known(id), Cause.PACKET);
            return id;
        });
    }

    /**
     * The connections, with the time that each has left.
     *
     * @return copies, in the order in which they were made
     */
    public List<SampleConntrack> connections() {
        return locked(
                () -> table.all().stream().map(entry -> entry.sample().copy()).toList());
    }

    /**
     * A connection.
     *
     * @param id what {@link #add} gave, or the wire
     * @return a copy with the time that it has left, or empty where there is none of that id
     */
    public Optional<SampleConntrack> connection(long id) {
        return locked(() ->
                Optional.ofNullable(table.byId(id)).map(entry -> entry.sample().copy()));
    }

    /**
     * A helper expects a connection, and listeners are told. The connection that expects need not be in the table.
     *
     * @param expectation the expectation, of which a copy is taken; where its id is 1 it gets another
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
     * An expectation ends: it came, or its time ran out. Listeners are told.
     *
     * @param id what {@link #expect} gave, or the wire
     * @throws IllegalArgumentException if there is none of that id
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
     * The expectations.
     *
     * @return copies, in the order in which they were made
     */
    public List<SampleExpectation> expectations() {
        return locked(() -> expectations.stream().map(SampleExpectation::copy).toList());
    }

    /**
     * Marks the next dumps as interrupted (NLM_F_DUMP_INTR), as where the table changed meanwhile. Of a dump in several
     * datagrams, the first is not marked yet.
     *
     * @param dumps how many of those that begin from now on
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

    // What follows is for the requests. All of it wants the lock.

    boolean takes(SentMessage request) {
        int subsystem = request.type() >> 8;
        return subsystem == Netlink.NFNL_SUBSYS_CTNETLINK || subsystem == Netlink.NFNL_SUBSYS_CTNETLINK_EXP;
    }

    /** Does what a message asks; whether it may be acknowledged, which a dump is not. */
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

    /** Puts a connection into the table, without telling. */
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

    /** Ends a connection, and with it what it expects. */
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

    /** The expectation that a tuple meets: its source as far as the mask says, its target whole. */
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

    /** Puts an expectation into the list, without telling. */
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
