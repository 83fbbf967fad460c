// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.socket.NetAdmin;
import java.nio.file.Path;

/**
 * Whether this thread holds {@code CAP_NET_ADMIN} over a network namespace, capabilities(7) and user_namespaces(7).
 *
 * <p>The capability applies to the user namespace of the process and to all its descendants. {@code NS_GET_USERNS}
 * ({@code ns_get_owner} in {@code kernel/user_namespace.c}) walks upwards from the owner of the network namespace, and
 * returns EPERM if it does not reach the caller's own, which is exactly this check.
 */
final class Privilege {
    private static final int CAP_NET_ADMIN = 12;
    private static final Path STATUS = Path.of("/proc/thread-self/status");

    private Privilege() {}

    static NetAdmin of(Path namespace) throws NetlinkException {
        String status = ProcFile.read(STATUS);
        int fd = ProcFile.open(namespace, Abi.O_RDONLY);
        if (fd < 0) {
            return NetAdmin.UNKNOWN;
        }
        try {
            int owner = LibC.ioctl(fd, Abi.NS_GET_USERNS, 0);
            if (owner >= 0) {
                LibC.close(owner);
                return decide(status, true);
            }
            return Machine.errno().equals(Errno.EPERM) ? decide(status, false) : NetAdmin.UNKNOWN;
        } finally {
            LibC.close(fd);
        }
    }

    /**
     * Decides from the values that were read.
     *
     * @param status the text of {@code /proc/thread-self/status}
     * @param within whether the owner of the network namespace is the own user namespace or lies below it
     */
    static NetAdmin decide(String status, boolean within) {
        for (String line : status.split("\n", -1)) {
            if (line.startsWith("CapEff:")) {
                try {
                    long effective = Long.parseUnsignedLong(line.substring(7).strip(), 16);
                    if ((effective >> CAP_NET_ADMIN & 1) == 0) {
                        return NetAdmin.MISSING;
                    }
                    return within ? NetAdmin.HELD : NetAdmin.IN_OTHER_USER_NAMESPACE;
                } catch (NumberFormatException e) {
                    return NetAdmin.UNKNOWN;
                }
            }
        }
        return NetAdmin.UNKNOWN;
    }
}
