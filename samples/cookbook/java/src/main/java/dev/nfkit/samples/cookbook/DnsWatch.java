// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.BytesView;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.packet.IpSummary;
import java.io.IOException;
import java.util.stream.Collectors;
import org.xbill.DNS.Message;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/** Prints the names that this machine resolves, with their answers. */
public final class DnsWatch {
    private final IpSummary ip = new IpSummary();
    private final BytesView data = new BytesView();

    private DnsWatch() {}

    public static void main(String[] args) throws Exception {
        NflogOptions options =
                NflogOptions.builder().group(30).rule("udp sport 53").build();
        DnsWatch watch = new DnsWatch();
        try (NflogSession session = NflogSession.open(LinuxTransport.current(), options)) {
            session.run(watch::print);
        }
    }

    private void print(NflogPacket packet) {
        if (!ip.wrap(packet.payload()) || !ip.payload(data)) {
            return;
        }
        try {
            Message answer = new Message(data.toArray());
            String records = answer.getSection(Section.ANSWER).stream()
                    .map(Record::rdataToString)
                    .collect(Collectors.joining(", "));
            System.out.println(answer.getQuestion().getName() + ": " + records);
        } catch (IOException e) {
            System.out.println("no DNS message from " + ip.source());
        }
    }
}
