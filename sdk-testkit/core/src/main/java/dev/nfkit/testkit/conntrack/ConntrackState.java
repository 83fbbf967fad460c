// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.testkit.conntrack.ConntrackNotices.Cause;
import dev.nfkit.testkit.sample.ConnectionContents;
import dev.nfkit.testkit.sample.ConntrackTuple;
import dev.nfkit.testkit.sample.ExpectationContents;
import dev.nfkit.testkit.time.ModelClock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The connections and expectations of a model, with their timeouts and ends. Requires the clock's lock. */
final class ConntrackState {
    private static final long IPS_DYING = 1 << 9;
    /** The id of a sample that gets its id from the model. */
    private static final long ASSIGNED = 1;

    private final ModelClock clock;
    private final ConntrackProperties properties;
    private final ConntrackNotices notices;
    private final ConntrackTable table = new ConntrackTable();
    private final List<ExpectationContents> expectations = new ArrayList<>();
    private final Map<ExpectationContents, ModelClock.Timer> expectationTimers = new HashMap<>();
    private long nextId = 0x4d2_0001L;
    private int interruptions;

    ConntrackState(ModelClock clock, ConntrackProperties properties, ConntrackNotices notices) {
        this.clock = clock;
        this.properties = properties;
        this.notices = notices;
    }

    ModelClock clock() {
        return clock;
    }

    ConntrackProperties properties() {
        return properties;
    }

    ConntrackTable table() {
        return table;
    }

    ConntrackNotices notices() {
        return notices;
    }

    void interruptDumps(int dumps) {
        interruptions = dumps;
    }

    boolean takeInterruption() {
        return interruptions > 0 && interruptions-- > 0;
    }

    /** Puts a connection into the table, without an event. */
    TrackedConnection enter(ConnectionContents entry) {
        if (entry.number(ConntrackAttribute.ID) == ASSIGNED) {
            entry.id(nextId++);
        }
        if (table.byId(entry.number(ConntrackAttribute.ID)) != null) {
            throw new IllegalArgumentException("there is a connection of id " + entry.number(ConntrackAttribute.ID));
        }
        TrackedConnection made = new TrackedConnection(clock, entry, properties.labelled());
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
        ConnectionContents last = entry.sample();
        last.status(last.status() | IPS_DYING);
        last.stop(clock.epochNanos());
        notices.destroyed(last, cause);
        endExpectationsOf(entry);
    }

    void endExpectationsOf(TrackedConnection master) {
        expectationsOf(master).forEach(each -> end(each, Cause.PACKET));
    }

    /** The expectations, with their remaining time. */
    List<ExpectationContents> expectations() {
        expectations.forEach(this::updateTimeLeft);
        return List.copyOf(expectations);
    }

    List<ExpectationContents> expectationsOf(TrackedConnection master) {
        ConntrackTuple tuple = master.sample().original().plain();
        return expectations().stream()
                .filter(each -> each.master().plain().equals(tuple))
                .toList();
    }

    /** The expectation that a tuple matches: its source within the mask, its target exactly. */
    @Nullable
    ExpectationContents expectation(ConntrackTuple tuple, ConntrackZone zone) {
        for (ExpectationContents each : expectations()) {
            TrackedConnection master = table.find(each.master(), zone);
            if ((master != null || zone.id() == 0) && each.isMetBy(tuple)) {
                return each;
            }
        }
        return null;
    }

    /** Adds an expectation, without an event. */
    ExpectationContents enter(ExpectationContents made) {
        if (made.number(ExpectationAttribute.ID) == ASSIGNED) {
            made.id(nextId++);
        }
        expectations.add(made);
        expireAfter(made, made.number(ExpectationAttribute.TIMEOUT));
        return made;
    }

    void expireAfter(ExpectationContents expectation, long seconds) {
        stopTimer(expectation);
        expectation.timeout(seconds);
        long at = clock.now() + TimeUnit.SECONDS.toNanos(seconds);
        expectationTimers.put(expectation, clock.schedule(at, () -> end(expectation, Cause.PACKET)));
    }

    private void stopTimer(ExpectationContents expectation) {
        ModelClock.Timer timer = expectationTimers.remove(expectation);
        if (timer != null) {
            clock.cancel(timer);
        }
    }

    private void updateTimeLeft(ExpectationContents expectation) {
        ModelClock.Timer timer = expectationTimers.get(expectation);
        if (timer != null) {
            expectation.timeout(Math.max(0, TimeUnit.NANOSECONDS.toSeconds(timer.at() - clock.now())));
        }
    }

    void end(ExpectationContents expectation, Cause cause) {
        if (expectations.remove(expectation)) {
            updateTimeLeft(expectation);
            stopTimer(expectation);
            notices.unexpected(expectation, cause);
        }
    }
}
