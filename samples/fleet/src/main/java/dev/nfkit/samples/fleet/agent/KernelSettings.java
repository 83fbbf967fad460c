// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What connection tracking must do for the agent: count packets and bytes, without which no connection is counted; keep the
 * time of beginnings; and send events also of connections that begin while no agent listens, so that their ends are seen.
 */
public final class KernelSettings {
    private static final Path DIRECTORY = Path.of("/proc/sys/net/netfilter");

    private KernelSettings() {}

    /**
     * Sets them in the network namespace of this thread.
     *
     * @throws IOException if one cannot be set
     */
    public static void apply() throws IOException {
        for (String name : List.of("nf_conntrack_acct", "nf_conntrack_timestamp", "nf_conntrack_events")) {
            Path file = DIRECTORY.resolve(name);
            try {
                if (!Files.readString(file).trim().equals("1")) {
                    Files.writeString(file, "1");
                }
            } catch (IOException e) {
                throw new IOException("set net.netfilter." + name + "=1: " + e.getMessage(), e);
            }
        }
    }
}
