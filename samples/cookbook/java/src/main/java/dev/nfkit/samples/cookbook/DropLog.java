// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.packet.IpSummary;

/** Prints what rules drop and log to group 30, with the prefix of the rule. */
public final class DropLog {
    private DropLog() {}

    public static void main(String[] args) throws Exception {
        NflogOptions options = NflogOptions.builder().group(30).build();
        IpSummary ip = new IpSummary();
        try (NflogSession session = NflogSession.open(LinuxTransport.current(), options)) {
            session.run(packet -> {
                String rule = packet.has(NflogAttribute.PREFIX) ? packet.prefix() : "";
                if (ip.wrap(packet.payload()) && ip.hasPorts()) {
                    System.out.println(rule + ip.source() + " to port " + ip.destinationPort());
                }
            });
        }
    }
}
