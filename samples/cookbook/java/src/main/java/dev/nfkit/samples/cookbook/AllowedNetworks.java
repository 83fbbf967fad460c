// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.packet.IpPrefixSet;
import dev.nfkit.packet.IpSummary;

/** Accepts new connections from networks that are given as CIDR blocks, and drops others. */
public final class AllowedNetworks {
    private AllowedNetworks() {}

    public static void main(String[] args) throws Exception {
        IpPrefixSet allowed = IpPrefixSet.parse(args);
        NfqueueOptions options =
                NfqueueOptions.builder().queue(0, queue -> queue.copyRange(128)).build();
        IpSummary ip = new IpSummary();
        try (NfqueueSession session = NfqueueSession.open(LinuxTransport.current(), options)) {
            session.run(packet -> ip.wrap(packet.payload()) && ip.sourceIn(allowed) ? Verdict.ACCEPT : Verdict.DROP);
        }
    }
}
