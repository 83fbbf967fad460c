// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** Packets or events were lost because the program receives more slowly than they arrive. */
@Name("dev.nfkit.Overrun")
@Label("Overrun")
@Description("Packets or events were lost because the program receives more slowly than they arrive")
final class OverrunEvent extends SessionEvent {
    static final OverrunEvent SWITCH = new OverrunEvent();

    @Label("Source")
    @Description("The group of NFLOG or the queue of NFQUEUE; -1 for sessions of events")
    int source;

    @Label("Lost")
    @Description("The number of packets or events since the last one that was received")
    long lost;
}
