// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.Errno;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.testkit.conntrack.ConntrackNotices.Cause;
import dev.nfkit.testkit.kernel.Kernel;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.kernel.Subsystem;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.sample.ConnectionContents;
import dev.nfkit.testkit.sample.ExpectationContents;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.wire.Netlink;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Connection tracking: a table of connections, the expectations of helpers, and the events about both. Modelled on
 * {@code net/netfilter/nf_conntrack_netlink.c} and compared with Linux 6.18. Safe for any number of threads.
 */
public final class ConntrackModel implements Subsystem {
    private final ModelClock clock;
    private final ConntrackProperties properties;
    private final ConntrackState state;

    /** Creates the model of a kernel. */
    public ConntrackModel(Kernel kernel) {
        clock = kernel.clock();
        properties = new ConntrackProperties(clock);
        state = new ConntrackState(clock, properties, new ConntrackNotices(kernel, properties));
    }

    /** What a test has set. */
    public ConntrackProperties properties() {
        return properties;
    }

    /** Adds a copy of a connection, as a packet does, and sends an event. Returns its id. */
    public long add(ConnectionContents connection) {
        return changing(() -> {
            ConnectionContents entry = connection.copy();
            if (state.table().taken(entry)) {
                throw new IllegalArgumentException("there is a connection " + entry.original() + " or its reply");
            }
            if (properties.timestamps() && !entry.hasStart()) {
                entry.started(clock.epochNanos());
            }
            if (properties.accounting() && !entry.hasCounters()) {
                entry.counters(0, 0, 0, 0);
            }
            TrackedConnection made = state.enter(entry);
            state.notices().created(made.sample(), Cause.PACKET);
            return made.id();
        });
    }

    /** Changes a connection as packets and rules do. Sends an event if the kernel does. */
    public void change(long id, Consumer<ConnectionContents> change) {
        changing(() -> {
            TrackedConnection entry = known(id);
            ConnectionContents before = entry.sample().copy();
            change.accept(entry.sample());
            long timeout = entry.stated();
            if (timeout != before.number(ConntrackAttribute.TIMEOUT)) {
                state.expireAfter(entry, timeout);
            }
            state.notices().changed(before, entry.sample());
            return id;
        });
    }

    /** Lets a connection time out, and sends an event. */
    public void expire(long id) {
        changing(() -> {
            TrackedConnection entry = known(id);
            state.expireAfter(entry, 0);
            state.end(entry, Cause.PACKET);
            return id;
        });
    }

    /** Removes a connection before its timeout, and sends an event. */
    public void remove(long id) {
        changing(() -> {
            state.end(known(id), Cause.PACKET);
            return id;
        });
    }

    /** The connections in the order of their creation, with their remaining time, each passed through a function. */
    public <T> List<T> connections(Function<ConnectionContents, T> copied) {
        return changing(() -> state.table().all().stream()
                .map(entry -> copied.apply(entry.sample().copy()))
                .toList());
    }

    /** A copy of a connection with its remaining time, or empty. */
    public Optional<ConnectionContents> connection(long id) {
        return changing(() -> Optional.ofNullable(state.table().byId(id))
                .map(entry -> entry.sample().copy()));
    }

    private TrackedConnection known(long id) {
        TrackedConnection entry = state.table().byId(id);
        if (entry == null) {
            throw new IllegalArgumentException("there is no connection of id " + id);
        }
        return entry;
    }

    /** Adds a copy of an expectation, as a helper does, and sends an event. Returns its id. */
    public long expect(ExpectationContents expectation) {
        return changing(() -> {
            ExpectationContents made = state.enter(expectation.copy());
            state.notices().expected(made, Cause.PACKET);
            return made.number(ExpectationAttribute.ID);
        });
    }

    /** Ends an expectation, as its connection or its timeout does, and sends an event. */
    public void unexpect(long id) {
        changing(() -> {
            ExpectationContents found = state.expectations().stream()
                    .filter(each -> each.number(ExpectationAttribute.ID) == id)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("there is no expectation of id " + id));
            state.end(found, Cause.PACKET);
            return id;
        });
    }

    /** Copies of the expectations, in the order of their creation. */
    public List<ExpectationContents> expectations() {
        return changing(() ->
                state.expectations().stream().map(ExpectationContents::copy).toList());
    }

    /** Marks the next dumps as interrupted. */
    public void interruptDumps(int dumps) {
        changing(() -> {
            state.interruptDumps(dumps);
            return dumps;
        });
    }

    private <T> T changing(ModelClock.Step<T, RuntimeException> step) {
        return clock.locked(() -> {
            T result = step.run();
            clock.changed();
            return result;
        });
    }

    @Override
    public boolean takes(ParsedMessage request) {
        int subsystem = request.type() >> 8;
        return subsystem == Netlink.NFNL_SUBSYS_CTNETLINK || subsystem == Netlink.NFNL_SUBSYS_CTNETLINK_EXP;
    }

    @Override
    public boolean request(KernelSocket socket, ParsedMessage request) throws Refused {
        if (!properties.available()) {
            throw new Refused(Errno.EINVAL);
        }
        return request.type() >> 8 == Netlink.NFNL_SUBSYS_CTNETLINK
                ? new ConntrackRequests(state).carryOut(socket, request)
                : new ExpectationRequests(state).carryOut(socket, request);
    }

    @Override
    public void closed(KernelSocket socket) {}

    @Override
    public List<String> state() {
        return List.of();
    }

    @Override
    public List<String> left() {
        return List.of();
    }
}
