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
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The domain blocker accepts, drops or rewrites each packet; what it rewrites is an answer without records. */
class DomainBlockerFuzzTest {
    private static final int QUEUE = 53;
    private static final int HEADER = 12;
    private static final int TYPE_AND_CLASS = 4;
    private static final String[] DOMAINS = {"ads.example", "x"};

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

    private static void judge(byte[] before, byte[] after) {
        Bytes was = dns(before);
        Bytes is = dns(after);
        if ((is.u8(3) & 0xf) != 3) {
            throw new AssertionError("the answer has the code " + (is.u8(3) & 0xf));
        }
        for (int at = 6; at < HEADER; at++) {
            if (is.u8(at) != 0) {
                throw new AssertionError("the answer announces records");
            }
        }
        int end = is.length() - TYPE_AND_CLASS;
        if (end <= HEADER || is.u8(end - 1) != 0) {
            throw new AssertionError("the answer does not end with its question");
        }
        int question = is.length() - HEADER;
        if (!is.slice(HEADER, question)
                .toHex()
                .equals(was.slice(HEADER, question).toHex())) {
            throw new AssertionError("the question was changed");
        }
        if (Checksums.canTell(before) && Checksums.of(before).transportRight()) {
            Checksums checksums = Checksums.of(after);
            if (!checksums.none() && !checksums.transportRight()) {
                throw new AssertionError("the checksum was correct and is wrong");
            }
        }
    }

    private static Bytes dns(byte[] packet) {
        IpSummary ip = new IpSummary();
        BytesView dns = new BytesView();
        if (!ip.wrap(Bytes.of(packet)) || !ip.payload(dns)) {
            throw new AssertionError("a packet without a payload was rewritten");
        }
        return dns;
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
