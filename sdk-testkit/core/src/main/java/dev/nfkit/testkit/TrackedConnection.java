package dev.nfkit.testkit;

import dev.nfkit.conntrack.ConntrackAttribute;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An entry of a model's table: what it says of itself, and what is not on the wire. Wants the clock's lock. */
final class TrackedConnection {
    private final TestClock clock;
    private final SampleConntrack sample;
    private final ConntrackZone zone;
    private long expires;
    private TestClock.@Nullable Timer timer;
    private boolean roomForHelper;
    private boolean roomForLabels;

    TrackedConnection(TestClock clock, SampleConntrack sample, boolean roomForLabels) {
        this.clock = clock;
        this.sample = sample;
        this.zone = ConntrackZone.of(sample);
        this.roomForHelper = sample.attributes.has(ConntrackAttribute.HELP);
        this.roomForLabels = roomForLabels || sample.attributes.has(ConntrackAttribute.LABELS);
        this.expires = clock.now() + TimeUnit.SECONDS.toNanos(sample.number(ConntrackAttribute.TIMEOUT));
    }

    /** What it says of itself, with the time that is left now. */
    SampleConntrack sample() {
        long left = Math.max(0, TimeUnit.NANOSECONDS.toSeconds(expires - clock.now()));
        if (sample.attributes.has(ConntrackAttribute.TIMEOUT)) {
            sample.timeout(left);
        }
        return sample;
    }

    /** The timeout that was written last, whatever time has passed. */
    long stated() {
        return sample.number(ConntrackAttribute.TIMEOUT);
    }

    ConntrackZone zone() {
        return zone;
    }

    long id() {
        return sample.number(ConntrackAttribute.ID);
    }

    boolean has(SampleTuple tuple, ConntrackZone in, boolean reply) {
        SampleTuple mine = reply ? sample.reply() : sample.original();
        return mine.plain().equals(tuple.plain()) && zone.idOf(reply) == in.idOf(reply);
    }

    boolean roomForHelper() {
        return roomForHelper;
    }

    boolean roomForLabels() {
        return roomForLabels;
    }

    void makeRoomForHelper() {
        roomForHelper = true;
    }

    /** Lets it end after some seconds, in place of what was set before. */
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
