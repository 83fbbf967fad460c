// SPDX-License-Identifier: Apache-2.0
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
import java.io.IOException;
import java.util.List;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/** Rewrites DNS answers about some domains to "no such name". Brings its own rule. */
public final class DomainBlocker {
    private final IpSummary ip = new IpSummary();
    private final BytesView dns = new BytesView();
    private final PacketEditor editor = new PacketEditor();

    public static void main(String... domains) throws Exception {
        Name[] blocked = new Name[domains.length];
        for (int i = 0; i < domains.length; i++) {
            blocked[i] = Name.fromString(domains[i], Name.root);
        }
        NfqueueOptions options =
                NfqueueOptions.builder().queue(53).rule("udp sport 53").build();
        try (NfqueueSession session = NfqueueSession.open(LinuxTransport.current(), options)) {
            Runtime.getRuntime().addShutdownHook(new Thread(session::close));
            System.out.println("Blocking " + String.join(", ", domains));
            DomainBlocker blocker = new DomainBlocker();
            session.run(packet -> blocker.decide(packet, blocked));
        }
    }

    Verdict decide(QueuedPacket packet, Name... blocked) {
        if (!ip.wrap(packet.payload()) || !ip.payload(dns)) {
            return Verdict.ACCEPT;
        }
        try {
            Message answer = new Message(dns.toArray());
            Record question = answer.getQuestion();
            if (question == null || List.of(blocked).stream().noneMatch(question.getName()::subdomain)) {
                return Verdict.ACCEPT;
            }
            for (int section : new int[] {Section.ANSWER, Section.AUTHORITY, Section.ADDITIONAL}) {
                answer.removeAllRecords(section);
            }
            answer.getHeader().setRcode(Rcode.NXDOMAIN);
            return packet.accept()
                    .payload(editor.edit(packet.payload())
                            .payload(answer.toWire())
                            .result());
        } catch (PacketEditException e) {
            return Verdict.DROP; // a fragment, for example: better no answer than this one
        } catch (IOException e) {
            return Verdict.ACCEPT; // malformed
        }
    }
}
