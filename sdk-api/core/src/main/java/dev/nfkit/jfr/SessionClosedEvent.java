// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A session ended. */
@Name("dev.nfkit.SessionClosed")
@Label("Session Closed")
@Description("A session ended: its socket is closed, and no callback is in progress")
final class SessionClosedEvent extends SessionEvent {
    static final SessionClosedEvent SWITCH = new SessionClosedEvent();

    @Label("Delivered")
    @Description("Packets or events delivered to the application")
    long delivered;

    @Label("Socket Drops")
    @Description("Datagrams lost because the receive buffer was full")
    long socketDrops;

    @Label("Discarded")
    @Description("Packets or events that were received or waited, and were not delivered")
    long discarded;
}
