// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;

/** What all events have in common: their session. */
@Category("nfkit")
@StackTrace(false) // the stack would be nfkit's own
abstract class SessionEvent extends Event {
    @Label("Session")
    @Description("The class of the session, such as NfqueueSession")
    String session = "";

    @Label("Port Id")
    @Description("The address of the session's socket, as in /proc/net/netlink")
    long portId;
}
