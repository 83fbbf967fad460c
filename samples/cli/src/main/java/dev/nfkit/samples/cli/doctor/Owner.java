// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import dev.nfkit.socket.KernelView;

/** The process of a netlink socket, as text. */
final class Owner {
    private Owner() {}

    static String text(KernelView kernel, long portId) {
        return kernel.owner(portId)
                .map(owner -> owner.name() + " (pid " + owner.pid() + ")")
                .orElse("a process that cannot be found (port " + portId + ")");
    }
}
