// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import java.util.ArrayList;
import java.util.List;

/** Describes the state of a kernel, for messages of failures. Requires the clock's lock. */
final class KernelState {
    private final List<KernelSocket> sockets;
    private final List<Subsystem> subsystems;
    private final KernelRequests requests;

    KernelState(List<KernelSocket> sockets, List<Subsystem> subsystems, KernelRequests requests) {
        this.sockets = sockets;
        this.subsystems = subsystems;
        this.requests = requests;
    }

    /** The complete state, in one line. */
    String describe() {
        List<String> parts = new ArrayList<>();
        List<String> open = sockets.stream()
                .filter(socket -> !socket.isClosed())
                .map(socket -> socket.portId() + " (" + socket.pending() + " datagrams not received)")
                .toList();
        parts.add("sockets " + (open.isEmpty() ? "none" : String.join(", ", open)));
        subsystems.forEach(subsystem -> parts.addAll(subsystem.state()));
        parts.add("requests sent " + requests.sent().size());
        return String.join("; ", parts);
    }

    /** What a test should not leave at its end. */
    List<String> left() {
        List<String> left = new ArrayList<>();
        for (KernelSocket socket : sockets) {
            if (!socket.isClosed()) {
                left.add(
                        "socket " + socket.portId() + " is open, with " + socket.pending() + " datagrams not received");
            }
        }
        subsystems.forEach(subsystem -> left.addAll(subsystem.left()));
        left.addAll(requests.left());
        return left;
    }
}
