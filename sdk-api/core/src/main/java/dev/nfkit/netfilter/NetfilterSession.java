// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

/**
 * An open session: a socket that receives packets or events from netfilter until the session ends.
 *
 * <p>{@code NflogSession}, {@code NfqueueSession} and {@code ConntrackEvents} are the sessions. This is what they have
 * in common, for code that runs sessions of any kind, ends them and reports their statistics. What they deliver
 * differs: each adds its own {@code poll(sink, timeout)} and {@code run(sink)}.
 *
 * <pre>{@code
 * static void end(NetfilterSession session, Thread running) throws InterruptedException {
 *     session.stop(); // the run in that thread delivers the rest and returns
 *     running.join();
 *     SessionStatistics counts = session.statistics();
 *     System.err.println(counts.delivered() + " delivered, " + counts.socketDrops() + " lost at the socket");
 * }
 * }</pre>
 *
 * <p><b>Threads.</b> One thread at a time polls or runs; a second one gets an IllegalStateException. All methods of this
 * interface may be called by any thread, inside callbacks of the session, and after its end.
 *
 * <p><b>The end.</b> A session ends in one of two ways. {@link #stop} delivers everything
 * that the kernel has for it; {@link #close} discards that, and counts it. After the end a poll returns −1, a run
 * returns, and the socket is closed.
 *
 * <p><b>Errors</b> of receiving and of callbacks are thrown by poll and run, and leave the session open: the next poll
 * continues after them. The methods of this interface throw no checked exception.
 */
public interface NetfilterSession extends AutoCloseable {
    /**
     * Makes the poll in progress return 0 at once, or the next one if none is in progress. A run continues. Without
     * effect after the end.
     */
    void wakeup();

    /**
     * Begins a graceful end: the session requests no more from the kernel, delivers what the kernel already has for it,
     * and ends. The run in progress then returns; a caller that polls continues until −1. Does not wait; idempotent.
     */
    void stop();

    /**
     * Ends the session at once, and closes the socket. What was not delivered is discarded and counted as {@link
     * SessionStatistics#discarded()}. Idempotent.
     *
     * <p>Inside a callback it only marks the session, which ends when the callback returns. From another thread it
     * waits for the callback in progress, one second at most, and then closes the socket although the callback
     * continues.
     */
    @Override
    void close();

    /**
     * Whether the session has ended: its socket is closed. A callback that outlasted {@link #close} may still run.
     *
     * @return whether its socket is closed
     */
    boolean ended();

    /**
     * The socket's address, which identifies the session in the kernel: as the owner of its groups or queues, and as
     * the listener of its events.
     *
     * @return the port id, 1 to 2³²−1; after the end the one that it had
     */
    long portId();

    /**
     * The receive buffer in force when the session was opened.
     *
     * @return bytes as the kernel counts them: twice the requested size, or less if {@code net.core.rmem_max} caps it
     */
    int receiveBuffer();

    /**
     * The counters since the session was opened.
     *
     * @return a snapshot; final when the session has ended and no callback is in progress
     */
    SessionStatistics statistics();
}
