// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.NetlinkException;
import dev.nfkit.fuzz.Checksums;
import dev.nfkit.fuzz.Recordings;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.testkit.DecidedPacket;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.SamplePackets;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** The domain blocker accepts, drops or rewrites each packet; what it rewrites is an answer without records. */
class DomainBlockerFuzzTest {
    private static final int QUEUE = 53;
    private static final Name[] DOMAINS = {name("ads.example"), name("x")};

    /** A session takes long to open; its kernel keeps all packets that have left. */
    private static final int PACKETS_OF_A_SESSION = 10_000;

    private static final DomainBlocker BLOCKER = new DomainBlocker();
    private static FakeNetfilter kernel = new FakeNetfilter();
    private static NfqueueSession session = open();
    private static int packets;

    private static NfqueueSession open() {
        try {
            return NfqueueSession.open(
                    kernel, NfqueueOptions.builder().queue(QUEUE).build());
        } catch (NetlinkException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Packets, from their IP headers on. */
    @MethodSource("packets")
    @FuzzTest
    void decide(byte[] data) throws NetlinkException {
        packets++;
        if (packets % PACKETS_OF_A_SESSION == 0) {
            session.close();
            kernel = new FakeNetfilter();
            session = open();
        }
        kernel.nfqueue().enqueue(QUEUE, data);
        session.poll(packet -> BLOCKER.decide(packet, DOMAINS), Duration.ZERO);
        DecidedPacket decided = kernel.nfqueue().takeDecided();
        if (decided.payloadChanged()) {
            judge(data, decided.payload().toArray());
        }
    }

    private static Name name(String text) {
        return Name.fromConstantString(text + ".");
    }

    private static void judge(byte[] before, byte[] after) {
        Message was = dns(before);
        Message is = dns(after);
        if (is.getRcode() != Rcode.NXDOMAIN) {
            throw new AssertionError("the answer has the code " + Rcode.string(is.getRcode()));
        }
        for (int section : new int[] {Section.ANSWER, Section.AUTHORITY, Section.ADDITIONAL}) {
            if (!is.getSection(section).isEmpty()) {
                throw new AssertionError("the answer has records");
            }
        }
        if (!is.getSection(Section.QUESTION).equals(was.getSection(Section.QUESTION))) {
            throw new AssertionError("the question was changed");
        }
        if (Checksums.canTell(before) && Checksums.of(before).transportRight()) {
            Checksums checksums = Checksums.of(after);
            if (!checksums.none() && !checksums.transportRight()) {
                throw new AssertionError("the checksum was correct and is wrong");
            }
        }
    }

    private static Message dns(byte[] packet) {
        IpSummary ip = new IpSummary();
        BytesView dns = new BytesView();
        if (!ip.wrap(Bytes.of(packet)) || !ip.payload(dns)) {
            throw new AssertionError("a packet without a payload was rewritten");
        }
        try {
            return new Message(dns.toArray());
        } catch (IOException e) {
            throw new AssertionError("a message that cannot be read was rewritten or made", e);
        }
    }

    static Stream<byte[]> packets() {
        return Stream.concat(
                Recordings.packets(),
                Stream.of("ads.example", "www.ADS.example", "nice.example", "x")
                        .flatMap(name -> Stream.of(
                                SamplePackets.dnsAnswer("10.0.0.1", "10.0.0.2", name, "192.0.2.1"),
                                SamplePackets.dnsAnswer("fd00::1", "fd00::2", name, "192.0.2.1"))));
    }
}
