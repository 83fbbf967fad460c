// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.testkit.sample.ConnectionContents;
import dev.nfkit.testkit.sample.ConntrackTuple;
import dev.nfkit.testkit.time.ModelClock;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An entry of a model's table: its attributes, and its state that is not on the wire. Requires the clock's lock. */
final class TrackedConnection {
    private final ModelClock clock;
    private final ConnectionContents sample;
    private final ConntrackZone zone;
    private long expires;
    private ModelClock.@Nullable Timer timer;
    private boolean spaceForHelper;
    private boolean spaceForLabels;

    TrackedConnection(ModelClock clock, ConnectionContents sample, boolean spaceForLabels) {
        this.clock = clock;
        this.sample = sample;
        this.zone = ConntrackZone.of(sample);
        this.spaceForHelper = sample.attributes().has(ConntrackAttribute.HELP);
        this.spaceForLabels = spaceForLabels || sample.attributes().has(ConntrackAttribute.LABELS);
        this.expires = clock.now() + TimeUnit.SECONDS.toNanos(sample.number(ConntrackAttribute.TIMEOUT));
    }

    /** Its attributes, with the present remaining time. */
    ConnectionContents sample() {
        long left = Math.max(0, TimeUnit.NANOSECONDS.toSeconds(expires - clock.now()));
        if (sample.attributes().has(ConntrackAttribute.TIMEOUT)) {
            sample.timeout(left);
        }
        return sample;
    }

    /** The timeout that was set last, regardless of the time that has passed. */
    long stated() {
        return sample.number(ConntrackAttribute.TIMEOUT);
    }

    ConntrackZone zone() {
        return zone;
    }

    long id() {
        return sample.number(ConntrackAttribute.ID);
    }

    boolean has(ConntrackTuple tuple, ConntrackZone in, boolean reply) {
        ConntrackTuple mine = reply ? sample.reply() : sample.original();
        return mine.plain().equals(tuple.plain()) && zone.idOf(reply) == in.idOf(reply);
    }

    boolean spaceForHelper() {
        return spaceForHelper;
    }

    boolean spaceForLabels() {
        return spaceForLabels;
    }

    void makeSpaceForHelper() {
        spaceForHelper = true;
    }

    /** Sets a timeout in seconds, in place of the previous one. */
    void expireAfter(long seconds, Runnable end) {
        stopTimer();
        sample.timeout(seconds);
        expires = clock.now() + TimeUnit.SECONDS.toNanos(seconds);
        timer = clock.schedule(expires, end);
    }

    void stopTimer() {
        if (timer != null) {
            clock.cancel(timer);
            timer = null;
        }
    }
}
