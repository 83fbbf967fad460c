// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.Hook;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.linux.NetworkNamespace;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.packet.IpSummary;

/** Prints the packets of a container, from outside: of the network namespace of a process in it. */
public final class ContainerWatch {
    private ContainerWatch() {}

    public static void main(String[] args) throws Exception {
        NetworkNamespace container = NetworkNamespace.ofProcess(Long.parseLong(args[0]));
        NflogOptions options = NflogOptions.builder().group(30).rule("").build();
        IpSummary ip = new IpSummary();
        try (NflogSession session = NflogSession.open(LinuxTransport.of(container), options)) {
            session.run(packet -> {
                if (ip.wrap(packet.payload())) {
                    String direction =
                            packet.hook() == Hook.LOCAL_OUT ? "sent to " + ip.destination() : "from " + ip.source();
                    System.out.println(direction + ", " + packet.originalLength() + " bytes");
                }
            });
        }
    }
}
