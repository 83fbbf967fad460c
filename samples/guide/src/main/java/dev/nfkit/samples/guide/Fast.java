// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide;

import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.packet.IpPrefixSet;
import dev.nfkit.packet.IpSummary;
import java.time.Duration;

/** The code of the guide to performance. */
public final class Fast {
    private Fast() {}

    /** For many packets of which only headers are read. */
    public static NflogOptions manyPackets() {
        return NflogOptions.builder()
                .group(30, group -> group.copyRange(128).threshold(1024).timeout(Duration.ofMillis(100)))
                .receiveBuffer(32 << 20)
                .build();
    }

    /** For few packets that must be seen at once. */
    public static NflogOptions atOnce() {
        return NflogOptions.builder().group(31, group -> group.threshold(1)).build();
    }

    /** For decisions that take some microseconds each. */
    public static NfqueueOptions manyDecisions() {
        return NfqueueOptions.builder()
                .queues(0, 3, queue -> queue.copyRange(128).maximumLength(8192).gso(true))
                .batchSize(64)
                .build();
    }

    /** Drops the packets of some networks, without an allocation. One thread at a time. */
    public static Decider<RuntimeException> blocked() {
        IpPrefixSet blocked = IpPrefixSet.parse("198.51.100.0/24", "2001:db8::/32");
        IpSummary ip = new IpSummary();
        return packet -> ip.wrap(packet.payload()) && ip.sourceIn(blocked) ? Verdict.DROP : Verdict.ACCEPT;
    }

    /** Waits for packets without a sleep of the thread. */
    public static NfqueueOptions spinning() {
        return NfqueueOptions.builder().queue(0).spin(Duration.ofMillis(1)).build();
    }

    /** What the kernel gave of the receive buffer that was requested. */
    public static int buffer(NfqueueSession session) {
        return session.receiveBuffer();
    }
}
