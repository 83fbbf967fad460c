// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;

/** The application took long for one batch. One object for each session is used again and again. */
@Name("dev.nfkit.SlowCallback")
@Label("Slow Callback")
@Description("The decider or sink took longer than the threshold for the packets or events of one batch")
@Threshold("20 ms")
final class SlowCallbackEvent extends SessionEvent {
    @Label("Packets")
    @Description("The number of packets or events of the batch")
    int packets;
}
