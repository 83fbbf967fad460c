// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetAdmin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks what this process may do: capabilities, user namespaces, sizes of receive buffers. */
final class AccessChecks {
    /** What sessions request by default. */
    private static final long RECEIVE_BUFFER = 64 << 20;

    private final SystemFiles files;
    private final KernelView kernel;

    AccessChecks(SystemFiles files, KernelView kernel) {
        this.files = files;
        this.kernel = kernel;
    }

    List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        NetAdmin found = kernel.netAdmin();
        boolean initial = initial();
        findings.add(capability(found, java()));
        findings.add(initial ? userNamespaces() : Finding.ok("userns", "in a user namespace of its own"));
        findings.add(receiveBuffer(found == NetAdmin.HELD && initial));
        return findings;
    }

    static Finding capability(NetAdmin found, String java) {
        String run = "run as root, or permit this Java: setcap cap_net_admin+ep " + java
                + "; to try it, run it in a namespace: unshare -Ur unshare -n";
        return switch (found) {
            case HELD -> Finding.ok("capability", "CAP_NET_ADMIN is held");
            case MISSING -> Finding.problem("capability", "CAP_NET_ADMIN is missing", run);
            case IN_OTHER_USER_NAMESPACE ->
                Finding.problem(
                        "capability",
                        "CAP_NET_ADMIN is held, but the network namespace belongs to another user namespace",
                        "make both with one command: unshare -Ur unshare -n; or run outside of the user namespace");
            case UNKNOWN -> Finding.warning("capability", "CAP_NET_ADMIN could not be determined", run);
        };
    }

    private static String java() {
        return ProcessHandle.current().info().command().orElse("$(readlink -f $(command -v java))");
    }

    private boolean initial() {
        // All ids are mapped to themselves.
        return files.text("/proc/self/uid_map")
                .map(map -> List.of(map.strip().split("\\s+", -1)).equals(List.of("0", "0", "4294967295")))
                .orElse(true);
    }

    private Finding userNamespaces() {
        String without = "the demo and live tests then need root";
        if (number("/proc/sys/user/max_user_namespaces").orElse(1L) == 0) {
            return Finding.warning(
                    "userns", "user namespaces are not permitted (user.max_user_namespaces = 0)", without);
        }
        if (number("/proc/sys/kernel/unprivileged_userns_clone").orElse(1L) == 0) {
            return Finding.warning(
                    "userns",
                    "user namespaces are for root only (kernel.unprivileged_userns_clone = 0)",
                    without + "; or sysctl kernel.unprivileged_userns_clone=1");
        }
        if (number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").orElse(0L) != 0) {
            return Finding.warning(
                    "userns",
                    "user namespaces give no capabilities (kernel.apparmor_restrict_unprivileged_userns = 1)",
                    without + "; or sysctl kernel.apparmor_restrict_unprivileged_userns=0");
        }
        return Finding.ok("userns", "user namespaces are permitted");
    }

    private Finding receiveBuffer(boolean beyond) {
        Optional<Long> limit = kernel.receiveBufferLimit();
        if (limit.isEmpty()) {
            return Finding.ok("buffer", "net.core.rmem_max cannot be read");
        }
        String text = "net.core.rmem_max is " + limit.get() + " bytes";
        if (beyond) {
            return Finding.ok("buffer", text + ", which does not bind this process");
        }
        return limit.get() >= RECEIVE_BUFFER
                ? Finding.ok("buffer", text)
                : Finding.warning(
                        "buffer",
                        text + ", less than the " + RECEIVE_BUFFER + " that sessions request",
                        "sysctl -w net.core.rmem_max=" + RECEIVE_BUFFER
                                + " for bursts; without it more is lost or dropped, and counted");
    }

    private Optional<Long> number(String path) {
        return files.text(path)
                .map(String::strip)
                .filter(text -> text.matches("\\d{1,18}"))
                .map(Long::valueOf);
    }
}
