// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.jfr;

/**
 * Writes events to the recordings of JDK Flight Recorder. An event costs a check and no memory unless a recording wants
 * it. Any thread; never throws, never waits.
 */
public final class FlightEvents {
    /** Whether this JVM has the module {@code jdk.jfr}; without it no class of an event may be loaded. */
    static final boolean PRESENT = present();

    private FlightEvents() {}

    private static boolean present() {
        try {
            Class.forName("jdk.jfr.Event", false, FlightEvents.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /**
     * Whether a recording wants the end of sessions, whose numbers are computed for it.
     *
     * @return whether {@link #closed} has an effect
     */
    public static boolean wantsClosed() {
        return PRESENT && SessionClosedEvent.SWITCH.isEnabled();
    }

    /**
     * A session was opened.
     *
     * @param session the session's class
     * @param portId the port id of its socket
     * @param source its groups or queues
     * @param receiveBuffer bytes, as the kernel counts them
     */
    public static void opened(Class<?> session, long portId, String source, long receiveBuffer) {
        if (PRESENT && SessionOpenedEvent.SWITCH.isEnabled()) {
            SessionOpenedEvent event = new SessionOpenedEvent();
            event.session = session.getSimpleName();
            event.portId = portId;
            event.source = source;
            event.receiveBuffer = receiveBuffer;
            event.commit();
        }
    }

    /**
     * A session ended.
     *
     * @param session the session's class
     * @param portId the port id that its socket had
     * @param delivered packets or events
     * @param socketDrops datagrams
     * @param discarded packets or events
     */
    public static void closed(Class<?> session, long portId, long delivered, long socketDrops, long discarded) {
        if (wantsClosed()) {
            SessionClosedEvent event = new SessionClosedEvent();
            event.session = session.getSimpleName();
            event.portId = portId;
            event.delivered = delivered;
            event.socketDrops = socketDrops;
            event.discarded = discarded;
            event.commit();
        }
    }

    /**
     * Packets or events were lost.
     *
     * @param session the session's class
     * @param portId the port id of its socket
     * @param source the group or queue, or −1
     * @param lost their number
     */
    public static void overrun(Class<?> session, long portId, int source, long lost) {
        if (PRESENT && OverrunEvent.SWITCH.isEnabled()) {
            OverrunEvent event = new OverrunEvent();
            event.session = session.getSimpleName();
            event.portId = portId;
            event.source = source;
            event.lost = lost;
            event.commit();
        }
    }

    /**
     * The session gave a packet a verdict, because the application did not.
     *
     * @param session the session's class
     * @param portId the port id of its socket
     * @param queue the queue
     * @param packetId the packet's id, 0 to 2³²−1
     * @param cause FAILED, FORGOTTEN or END
     * @param verdict the verdict, which is only made a text if a recording wants it
     */
    public static void unanswered(
            Class<?> session, long portId, int queue, long packetId, String cause, Object verdict) {
        if (PRESENT && UnansweredPacketEvent.SWITCH.isEnabled()) {
            UnansweredPacketEvent event = new UnansweredPacketEvent();
            event.session = session.getSimpleName();
            event.portId = portId;
            event.queue = queue;
            event.packetId = packetId;
            event.cause = cause;
            event.verdict = verdict.toString();
            event.commit();
        }
    }

    /**
     * The deadline of a packet passed.
     *
     * @param session the session's class
     * @param portId the port id of its socket
     * @param queue the queue
     * @param packetId the packet's id, 0 to 2³²−1
     * @param held whether the packet was held
     * @param verdict the verdict, which is only made a text if a recording wants it
     */
    public static void deadline(Class<?> session, long portId, int queue, long packetId, boolean held, Object verdict) {
        if (PRESENT && DeadlineVerdictEvent.SWITCH.isEnabled()) {
            DeadlineVerdictEvent event = new DeadlineVerdictEvent();
            event.session = session.getSimpleName();
            event.portId = portId;
            event.queue = queue;
            event.packetId = packetId;
            event.held = held;
            event.verdict = verdict.toString();
            event.commit();
        }
    }

    /**
     * The kernel refused a verdict.
     *
     * @param session the session's class
     * @param portId the port id of its socket
     * @param queue the queue, or −1
     * @param packetId the packet's id, 0 to 2³²−1, or −1
     * @param errno the kernel's reason, which is only made a text if a recording wants it
     */
    public static void refused(Class<?> session, long portId, int queue, long packetId, Object errno) {
        if (PRESENT && RefusedVerdictEvent.SWITCH.isEnabled()) {
            RefusedVerdictEvent event = new RefusedVerdictEvent();
            event.session = session.getSimpleName();
            event.portId = portId;
            event.queue = queue;
            event.packetId = packetId;
            event.errno = errno.toString();
            event.commit();
        }
    }
}
