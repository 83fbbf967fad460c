// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.jfr;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A session was opened. */
@Name("dev.nfkit.SessionOpened")
@Label("Session Opened")
@Description("A session was opened")
final class SessionOpenedEvent extends SessionEvent {
    static final SessionOpenedEvent SWITCH = new SessionOpenedEvent();

    @Label("Source")
    @Description("The groups or queues")
    String source = "";

    @Label("Receive Buffer")
    @Description("The size in force, as the kernel counts it")
    @DataAmount(DataAmount.BYTES)
    long receiveBuffer;
}
