// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.jfr.FlightEvents;
import dev.nfkit.socket.NetlinkSocket;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes what an operator should know of a session to the log, in the name of the session's class, and to JDK Flight
 * Recorder. It never fails. Any thread.
 */
public final class SessionJournal {
    private final Class<?> session;
    private final String sources;
    private final Executor logging;
    private final RepeatedWarning losses = new RepeatedWarning();
    private volatile @Nullable NetlinkSocket socket;

    /**
     * The numbers of a session at its end.
     *
     * @param delivered packets or events
     * @param socketDrops datagrams
     * @param discarded packets or events
     * @param all all counters, for the log
     */
    public record Totals(long delivered, long socketDrops, long discarded, Object all) {
        /** Of a session that was not opened. */
        public static final Totals NONE = new Totals(0, 0, 0, "nothing");
    }

    /**
     * A journal of a session.
     *
     * @param session the session's class
     * @param sources what its packets come from, such as "group"
     * @param logging carries out what logs a warning, which may block
     */
    public SessionJournal(Class<?> session, String sources, Executor logging) {
        this.session = session;
        this.sources = sources;
        this.logging = logging;
    }

    /**
     * The session is open.
     *
     * @param opened its socket
     * @param numbers its groups or queues
     * @param receiveBuffer bytes, as the kernel counts them
     */
    public void opened(NetlinkSocket opened, String numbers, long receiveBuffer) {
        socket = opened;
        String source = sources + " " + numbers;
        FlightEvents.opened(session, opened.portId(), source, receiveBuffer);
        SessionLog.debug(
                session,
                () -> source + ": opened, port " + opened.portId() + ", receive buffer " + receiveBuffer + " bytes");
    }

    /**
     * The session has ended.
     *
     * @param totals reads its numbers; called only if the log or a recording wants them
     */
    public void closed(Supplier<Totals> totals) {
        try {
            if (FlightEvents.wantsClosed()) {
                Totals numbers = totals.get();
                FlightEvents.closed(session, portId(), numbers.delivered(), numbers.socketDrops(), numbers.discarded());
            }
        } catch (Throwable ignored) {
            // There is no memory for it; the session ends in any case.
        }
        SessionLog.debug(
                session, () -> "closed, port " + portId() + ": " + totals.get().all());
    }

    /**
     * Packets or events were lost.
     *
     * @param source the group or queue, or −1
     * @param what what was lost, and where
     * @param lost their number; 0 if the kernel did not count them
     */
    public void lost(int source, String what, long lost) {
        FlightEvents.overrun(session, portId(), source, lost);
        long total = losses.count(Math.max(1, lost));
        if (total > 0) {
            String of = source < 0 ? "" : sources + " " + source + ": ";
            logging.execute(() -> SessionLog.warn(session, of + lost + " " + what + " (" + total + " so far)"));
        }
    }

    /**
     * The session gave a packet a verdict, because the application did not.
     *
     * @param queue the queue
     * @param packetId the packet's id, as an int without sign
     * @param cause FAILED, FORGOTTEN or END
     * @param verdict the verdict
     */
    public void unanswered(int queue, int packetId, String cause, Object verdict) {
        FlightEvents.unanswered(session, portId(), queue, Integer.toUnsignedLong(packetId), cause, verdict);
    }

    /**
     * The deadline of a packet passed.
     *
     * @param queue the queue
     * @param packetId the packet's id, as an int without sign
     * @param held whether the packet was held
     * @param verdict the verdict
     */
    public void deadline(int queue, int packetId, boolean held, Object verdict) {
        FlightEvents.deadline(session, portId(), queue, Integer.toUnsignedLong(packetId), held, verdict);
    }

    /**
     * The kernel refused a verdict.
     *
     * @param queue the queue, or −1 if it is not known
     * @param packetId the packet's id, or −1
     * @param errno the reason
     */
    public void refused(int queue, long packetId, Object errno) {
        FlightEvents.refused(session, portId(), queue, packetId, errno);
    }

    private long portId() {
        NetlinkSocket known = socket;
        return known == null ? 0 : known.portId();
    }
}
