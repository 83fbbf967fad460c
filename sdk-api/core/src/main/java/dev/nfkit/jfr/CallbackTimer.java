// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.jfr;

import org.jspecify.annotations.Nullable;

/**
 * Measures how long the application takes for the batches of a session, while a recording runs. It reads the clock twice
 * for a batch, which is little beside a receive, but not beside the packets of a full batch when the next one is there
 * already: then it measures one batch of eight, until one was slow. It allocates nothing. Used by the thread that polls.
 */
public final class CallbackTimer {
    /** A batch of this size shows that packets arrive as fast as they are handled. */
    private static final int BUSY_PACKETS = 32;

    /** A mask, so a power of two less one. */
    private static final int SAMPLE_MASK = 7;

    private final Class<?> session;
    private final @Nullable SlowCallbackEvent event;
    private boolean busy;
    private int batches;
    /** Whether the batch in progress is measured: a recording may begin or end meanwhile. */
    private boolean running;

    /**
     * A timer of a session.
     *
     * @param session the session's class
     */
    public CallbackTimer(Class<?> session) {
        this.session = session;
        event = FlightEvents.PRESENT ? new SlowCallbackEvent() : null;
    }

    /** The first callback of a batch is about to be called. */
    public void begin() {
        SlowCallbackEvent batch = event;
        if (batch != null && batch.isEnabled() && (!busy || (++batches & SAMPLE_MASK) == 0)) {
            running = true;
            batch.begin();
        }
    }

    /**
     * The last callback of a batch returned or threw.
     *
     * @param portId the port id of the session's socket
     * @param packets the number of packets or events
     */
    public void end(long portId, int packets) {
        busy = packets >= BUSY_PACKETS;
        SlowCallbackEvent batch = event;
        if (running && batch != null) {
            running = false;
            batch.end();
            if (batch.shouldCommit()) {
                busy = false;
                batch.session = session.getSimpleName();
                batch.portId = portId;
                batch.packets = packets;
                batch.commit();
            }
        }
    }
}
