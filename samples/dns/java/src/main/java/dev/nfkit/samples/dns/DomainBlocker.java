package dev.nfkit.samples.dns;

import dev.nfkit.BytesView;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.packet.PacketEditException;
import dev.nfkit.packet.PacketEditor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/** Rewrites DNS answers about some domains to "no such name". Rules send the answers to queue 53. */
public final class DomainBlocker {
    private static final int NXDOMAIN = 3;
    private final IpSummary ip = new IpSummary();
    private final BytesView dns = new BytesView();
    private final PacketEditor editor = new PacketEditor();

    public static void main(String[] domains) throws Exception {
        NfqueueOptions options = NfqueueOptions.builder().queue(53).build();
        try (NfqueueSession session = NfqueueSession.open(LinuxTransport.current(), options)) {
            Runtime.getRuntime().addShutdownHook(new Thread(session::close));
            System.out.println("Blocking " + String.join(", ", domains));
            DomainBlocker blocker = new DomainBlocker();
            session.run(packet -> blocker.decide(packet, domains));
        }
    }

    Verdict decide(QueuedPacket packet, String[] domains) {
        if (!ip.wrap(packet.payload()) || !ip.payload(dns)) {
            return Verdict.ACCEPT;
        }
        StringBuilder name = new StringBuilder();
        int at = 12; // after the header: labels, each after its length
        while (at < dns.length() && dns.u8(at) > 0 && at + dns.u8(at) < dns.length()) {
            name.append('.').append(new String(dns.slice(at + 1, dns.u8(at)).toArray(), StandardCharsets.ISO_8859_1));
            at += 1 + dns.u8(at);
        }
        int end = at + 5; // after a length of 0, type and class
        String asked = name.toString().toLowerCase(Locale.ROOT);
        if (end > dns.length() || dns.u8(at) > 0 || Stream.of(domains).noneMatch(it -> asked.endsWith("." + it))) {
            return Verdict.ACCEPT;
        }
        byte[] answer = Arrays.copyOf(dns.toArray(), end);
        answer[3] = (byte) ((answer[3] & 0xf0) | NXDOMAIN);
        Arrays.fill(answer, 6, 12, (byte) 0); // no records
        try {
            return packet.accept()
                    .payload(editor.edit(packet.payload()).payload(answer).result());
        } catch (PacketEditException e) {
            return Verdict.DROP; // a fragment, for example: better no answer than this one
        }
    }
}
