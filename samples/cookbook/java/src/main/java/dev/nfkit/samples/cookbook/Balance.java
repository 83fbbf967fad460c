// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueWorkers;
import dev.nfkit.nfqueue.Verdict;

/** Decides packets on four threads, one for each of the queues 0 to 3; the packets of a flow stay in order. */
public final class Balance {
    private Balance() {}

    public static void main(String[] args) throws Exception {
        NfqueueOptions options =
                NfqueueOptions.builder().queues(0, 3, queue -> {}).build();
        try (NfqueueWorkers workers = NfqueueWorkers.open(LinuxTransport.current(), options)) {
            workers.run(packet -> {
                System.out.println("queue " + packet.queue());
                return Verdict.ACCEPT;
            });
        }
    }
}
