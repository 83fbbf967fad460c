// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.socket.ForwardingNetlinkSocket;
import dev.nfkit.testkit.replay.ReplayedSocket;

/**
 * A netlink socket that replays a recording, opened by a {@link ReplayTransport}. Buffer sizes are granted as requested,
 * and doubled as in the kernel; they cause no loss. {@link #drops()} is the number of overruns in the recording so far,
 * as the number of lost datagrams is not recorded. {@link #foreign()} is always 0.
 */
public final class ReplaySocket extends ForwardingNetlinkSocket {
    ReplaySocket(ReplayedSocket socket) {
        super(socket);
    }
}
