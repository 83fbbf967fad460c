// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.trace.TraceEntry;
import org.jspecify.annotations.Nullable;

/** Determines when the next recorded entry of one socket is due. Guarded by the clock's lock. */
public final class Pacing {
    /** The entries that the test has released, for all sockets of a transport. */
    static final class Steps {
        private long free;

        void release(int count) {
            free += count;
        }
    }

    /** When entries are due. */
    public enum Mode {
        /** At once. */
        IMMEDIATE,
        /** As they were recorded, by the clock. */
        RECORDED,
        /** When the test releases them. */
        STEPPED
    }

    private final Mode mode;
    private final ModelClock clock;
    private final Steps steps;
    private long recordedOrigin = TraceEntry.NO_TIME;
    private long liveOrigin;
    private ModelClock.@Nullable Timer timer;
    private boolean wantsStep;

    Pacing(Mode mode, ModelClock clock, Steps steps) {
        this.mode = mode;
        this.clock = clock;
        this.steps = steps;
    }

    /** Notes that a request with a recorded time is sent now: from here on, time is measured. */
    void origin(long recorded) {
        if (recorded != TraceEntry.NO_TIME) {
            recordedOrigin = recorded;
            liveOrigin = clock.now();
        }
    }

    /** Whether an entry is due. Otherwise arranges that a waiting receive is woken up when it is. */
    boolean due(long recorded, boolean answer) {
        wantsStep = false;
        return switch (mode) {
            case IMMEDIATE -> true;
            case RECORDED -> reached(recorded);
            case STEPPED -> {
                wantsStep = !answer && steps.free == 0;
                yield !wantsStep;
            }
        };
    }

    private boolean reached(long recorded) {
        if (recorded == TraceEntry.NO_TIME) {
            return true;
        }
        if (recordedOrigin == TraceEntry.NO_TIME) {
            origin(recorded);
        }
        long at = liveOrigin + Math.max(0, recorded - recordedOrigin);
        if (clock.now() >= at) {
            return true;
        }
        if (timer == null || timer.at() != at) {
            timer = clock.schedule(at, () -> timer = null);
        }
        return false;
    }

    /** Notes that a datagram was received. */
    void given(boolean answer) {
        if (mode == Mode.STEPPED && !answer) {
            steps.free--;
        }
    }

    /** Whether the test must release the next entry. */
    boolean wantsStep() {
        return wantsStep;
    }

    /** Ends all waits. */
    void end() {
        ModelClock.Timer pending = timer;
        if (pending != null) {
            clock.cancel(pending);
            timer = null;
        }
    }
}
