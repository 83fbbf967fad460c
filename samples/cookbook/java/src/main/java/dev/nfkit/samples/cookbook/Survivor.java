// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.BytesView;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.packet.IpSummary;
import java.nio.charset.StandardCharsets;

/** Accepts datagrams that contain a number below 100, and goes on after those that contain none. */
public final class Survivor {
    private final IpSummary ip = new IpSummary();
    private final BytesView data = new BytesView();

    private Survivor() {}

    public static void main(String[] args) throws Exception {
        NfqueueOptions options =
                NfqueueOptions.builder().queue(0).failureVerdict(Verdict.DROP).build();
        Survivor survivor = new Survivor();
        try (NfqueueSession session = NfqueueSession.open(LinuxTransport.current(), options)) {
            session.run(survivor::decide, (packet, failure) -> {
                System.out.println("packet " + packet.id() + " is dropped: " + failure);
                return Verdict.DROP;
            });
        }
    }

    private Verdict decide(QueuedPacket packet) {
        if (!ip.wrap(packet.payload()) || !ip.payload(data)) {
            return Verdict.ACCEPT;
        }
        String text = new String(data.toArray(), StandardCharsets.US_ASCII);
        return Integer.parseInt(text) < 100 ? Verdict.ACCEPT : Verdict.DROP; // throws NumberFormatException
    }
}
