// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;

/** Prints the packets of the loopback whose end does not fit into a netlink message. */
public final class LoopbackWatch {
    private LoopbackWatch() {}

    public static void main(String[] args) throws Exception {
        NflogOptions options =
                NflogOptions.builder().group(30).rule("iifname \"lo\"").build();
        try (NflogSession session = NflogSession.open(LinuxTransport.current(), options)) {
            session.run(packet -> {
                if (packet.truncated()) {
                    System.out.println(
                            packet.payload().length() + " of " + packet.originalLength() + " bytes were copied");
                }
            });
        }
    }
}
