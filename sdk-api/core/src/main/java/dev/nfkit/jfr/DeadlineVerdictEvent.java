// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A packet got the verdict of its deadline. */
@Name("dev.nfkit.DeadlineVerdict")
@Label("Deadline Verdict")
@Description("The deadline of a packet passed, so the session gave it a verdict")
final class DeadlineVerdictEvent extends SessionEvent {
    static final DeadlineVerdictEvent SWITCH = new DeadlineVerdictEvent();

    @Label("Queue")
    int queue;

    @Label("Packet Id")
    long packetId;

    @Label("Held")
    @Description("Whether the packet was held; otherwise it was in the decider or waited for it")
    boolean held;

    @Label("Verdict")
    String verdict = "";
}
