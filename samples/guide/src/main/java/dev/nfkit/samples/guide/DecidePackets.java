// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide;

import dev.nfkit.filter.FilterView;
import dev.nfkit.filter.PacketFilter;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.packet.PacketEditException;
import dev.nfkit.packet.PacketEditor;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;

/** The code of the guide to decisions about packets. */
public final class DecidePackets {
    /** What decides about a packet, and may be slow. */
    public interface Lookup {
        /**
         * Whether a packet may pass.
         *
         * @param packet the packet
         * @return whether
         */
        boolean permits(QueuedPacket packet);
    }

    private DecidePackets() {}

    /** Lets only some packets pass. */
    public static void allow(NetlinkTransport transport) throws IOException {
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(0)
                .deadline(Duration.ofSeconds(2)) // fails closed: what is not decided is dropped
                .build();
        PacketFilter allowed = PacketFilter.parse("tcp dport 443 or udp dport 53");
        FilterView view = FilterView.of(transport.kernel());
        try (NfqueueSession session = NfqueueSession.open(transport, options)) {
            session.run(packet -> allowed.matches(view.wrap(packet)) ? Verdict.ACCEPT : Verdict.DROP);
        }
    }

    /** Answers a packet later, from another thread. */
    @SuppressWarnings("FutureReturnValueIgnored") // the deadline decides a packet whose lookup fails
    public static void later(NfqueueSession session, ExecutorService slow, Lookup lookup) throws IOException {
        session.run(packet -> {
            QueuedPacket held = packet.hold(); // may be answered by any thread, in any order
            slow.submit(() -> {
                held.answer(lookup.permits(held) ? Verdict.ACCEPT : Verdict.DROP);
                return null;
            });
            return Verdict.HELD;
        });
    }

    /** Changes a packet and its mark. */
    public static void edit(NfqueueSession session) throws IOException, PacketEditException {
        PacketEditor editor = new PacketEditor();
        session.run(packet -> {
            editor.edit(packet.payload(), packet.checksumNotReady()).ttl(64); // throws what cannot be edited, and why
            return packet.accept().payload(editor.result()).mark(7);
        });
    }

    /** Goes on after an exception of the decider. */
    public static void survive(NfqueueSession session, Lookup lookup) throws IOException {
        session.run(packet -> lookup.permits(packet) ? Verdict.ACCEPT : Verdict.DROP, (packet, failure) -> {
            System.getLogger("egress").log(System.Logger.Level.WARNING, "packet " + packet.id(), failure);
            return Verdict.DROP;
        });
    }
}
