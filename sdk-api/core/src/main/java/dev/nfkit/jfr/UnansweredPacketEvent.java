// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** The session gave a packet its verdict, because the application did not. */
@Name("dev.nfkit.UnansweredPacket")
@Label("Unanswered Packet")
@Description("The application gave a packet no verdict, so the session gave it one")
final class UnansweredPacketEvent extends SessionEvent {
    static final UnansweredPacketEvent SWITCH = new UnansweredPacketEvent();

    @Label("Queue")
    int queue;

    @Label("Packet Id")
    long packetId;

    @Label("Cause")
    @Description("FAILED: the decider threw; FORGOTTEN: it returned no verdict and did not hold the packet; END: the"
            + " session ended while the packet was held")
    String cause = "";

    @Label("Verdict")
    String verdict = "";
}
