// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** The kernel refused a verdict. */
@Name("dev.nfkit.RefusedVerdict")
@Label("Refused Verdict")
@Description("The kernel refused a verdict: with ENOENT, because the packet no longer waited")
final class RefusedVerdictEvent extends SessionEvent {
    static final RefusedVerdictEvent SWITCH = new RefusedVerdictEvent();

    @Label("Queue")
    @Description("-1 if it is not known any more")
    int queue;

    @Label("Packet Id")
    @Description("-1 if it is not known any more")
    long packetId;

    @Label("Errno")
    String errno = "";
}
