// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackFilter;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.conntrack.event.ConntrackEvents;
import dev.nfkit.conntrack.event.ConntrackMirror;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nfqueue.Decider;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.NfqueueStatistics;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.wire.MessageCursor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes sessions with messages that no kernel sends. A session delivers what can be read, counts the rest, and ends.
 * Only a {@link NetlinkException} may be thrown.
 */
class SessionFuzzTest {
    private static final int MOST_POLLS = 10_000;
    private static final int DATAGRAM = 400;

    private static List<byte[]> datagrams(Input input) {
        List<byte[]> datagrams = new ArrayList<>();
        while (!input.ended()) {
            int length = input.u8() == 0 ? Integer.MAX_VALUE : input.u16() % DATAGRAM;
            datagrams.add(input.take(length == Integer.MAX_VALUE ? 1 << 16 : length));
        }
        return datagrams;
    }

    /** A view that knows the layout and the prefix of the previous message returns the same values as a new view. */
    @MethodSource("dev.nfkit.fuzz.Recordings#nflog")
    @FuzzTest
    void nflog(byte[] data) throws NetlinkException {
        Budget.within(data, () -> receiveLogged(data));
    }

    private static void receiveLogged(byte[] data) throws NetlinkException {
        FakeNetfilter kernel =
                new FakeNetfilter().order(ByteOrder.LITTLE_ENDIAN).strictBatches(false);
        NflogOptions options = NflogOptions.builder()
                .group(30, group -> group.bufferSize(4096))
                .onMalformed(problem -> {})
                .build();
        List<String> fresh = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        try (NflogSession session = NflogSession.open(kernel, options)) {
            for (byte[] datagram : datagrams(new Input(data))) {
                fresh.addAll(packets(datagram));
                kernel.socket().deliver(datagram);
            }
            int polls = 0;
            while (session.poll(packet -> seen.add(show(packet)), Duration.ZERO) > 0) {
                if (polls++ > MOST_POLLS) {
                    throw new AssertionError("a session that never comes to the end of what was received");
                }
            }
            if (session.statistics().delivered() != seen.size()) {
                throw new AssertionError(session.statistics() + ", but " + seen.size() + " packets were seen");
            }
        }
        if (!seen.equals(fresh)) {
            throw new AssertionError("seen:\n" + String.join("\n", seen) + "\nfresh:\n" + String.join("\n", fresh));
        }
    }

    private static String show(NflogPacket packet) {
        return packet.group() + " " + packet + " " + packet.mark() + " " + Shown.of(packet.payload())
                + (packet.has(dev.nfkit.nflog.NflogAttribute.PREFIX) ? packet.prefix() : "-")
                + (packet.has(dev.nfkit.nflog.NflogAttribute.SEQ) ? packet.sequence() : "-")
                + (packet.has(dev.nfkit.nflog.NflogAttribute.PACKET_HDR) ? packet.hwProtocol() : "-")
                + (packet.has(dev.nfkit.nflog.NflogAttribute.VLAN) ? packet.vlan() : "-");
    }

    private static List<String> packets(byte[] datagram) {
        List<String> packets = new ArrayList<>();
        MessageCursor message =
                new MessageCursor().wrap(ByteBuffer.wrap(datagram), 0, datagram.length, ByteOrder.LITTLE_ENDIAN);
        while (true) {
            try {
                if (!message.next()) {
                    return packets;
                }
                if (message.type() == 0x400) {
                    packets.add(show(NflogPacket.read(message, 0)));
                }
            } catch (MalformedMessageException e) {
                // it is counted, and the next one is read
            }
        }
    }

    /** Every packet that is passed to the decider or cannot be read has one verdict in the end. */
    @MethodSource("dev.nfkit.fuzz.Recordings#nfqueue")
    @FuzzTest
    void nfqueue(byte[] data) throws NetlinkException {
        Budget.within(data, () -> decideQueued(data));
    }

    private static void decideQueued(byte[] data) throws NetlinkException {
        Input input = new Input(data);
        int which = input.u8();
        FakeNetfilter kernel =
                new FakeNetfilter().order(ByteOrder.LITTLE_ENDIAN).strictBatches(false);
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(0, queue -> queue.copyRange(512))
                .queue(1, queue -> queue.copyRange(512))
                .batchSize(8)
                .onMalformed(problem -> {})
                .onRefused(refusal -> {})
                .onUnanswered(packet -> {})
                .build();
        NfqueueSession session = NfqueueSession.open(kernel, options);
        try (session) {
            for (byte[] datagram : datagrams(input)) {
                kernel.socket().deliver(datagram);
            }
            Decider<RuntimeException> decider = packet -> {
                Shown.of(packet.payload());
                return switch (which & 3) {
                    case 0 -> Verdict.ACCEPT;
                    case 1 -> packet.accept().mark(packet.mark()).payload(packet.payload());
                    case 2 -> packet.id() % 2 == 0 ? Verdict.DROP : Verdict.ACCEPT;
                    default -> {
                        packet.hold();
                        yield Verdict.HELD;
                    }
                };
            };
            int polls = 0;
            while (session.poll(decider, Duration.ZERO) > 0) {
                if (polls++ > MOST_POLLS) {
                    throw new AssertionError("a session that never comes to the end of what was received");
                }
            }
        }
        NfqueueStatistics statistics = session.statistics();
        long came = statistics.received().delivered() + statistics.received().discarded();
        long went = statistics.decided()
                + statistics.answered()
                + statistics.failed()
                + statistics.forgotten()
                + statistics.expired()
                + statistics.settled()
                + statistics.held();
        if (came != went) {
            throw new AssertionError(came + " packets came, " + went + " have a verdict: " + statistics);
        }
    }

    /** Fuzzes events, and a mirror that follows them. */
    @MethodSource("dev.nfkit.fuzz.Recordings#conntrack")
    @FuzzTest
    void events(byte[] data) throws NetlinkException {
        Budget.within(data, () -> follow(data));
    }

    private static void follow(byte[] data) throws NetlinkException {
        FakeNetfilter kernel =
                new FakeNetfilter().order(ByteOrder.LITTLE_ENDIAN).strictBatches(false);
        try (ConntrackEvents events = ConntrackEvents.open(
                        kernel, ConntrackEventOptions.builder().build());
                Conntrack table = Conntrack.open(kernel)) {
            ConntrackMirror mirror = new ConntrackMirror(table, ConntrackFilter.all());
            for (byte[] datagram : datagrams(new Input(data))) {
                kernel.sockets().get(0).deliver(datagram);
            }
            int polls = 0;
            while (events.poll(
                            event -> {
                                Shown.of(event);
                                mirror.apply(event, change -> {});
                            },
                            Duration.ZERO)
                    > 0) {
                if (polls++ > MOST_POLLS) {
                    throw new AssertionError("a session that never comes to the end of what was received");
                }
            }
            mirror.entries().forEach(Object::toString);
        }
    }

    /** Fuzzes answers to requests. One control byte selects the request. */
    @MethodSource("dev.nfkit.fuzz.Recordings#conntrack")
    @FuzzTest
    void answers(byte[] data) throws UnknownHostException {
        Budget.within(data, () -> ask(data));
    }

    private static void ask(byte[] data) throws UnknownHostException {
        Input input = new Input(data);
        int which = input.u8();
        AnsweringTransport transport = new AnsweringTransport();
        InetAddress address = InetAddress.getByAddress(new byte[] {10, 0, 0, 1});
        ConntrackTuple tuple = ConntrackTuple.udp(address, 1, address, 2);
        try (Conntrack table = Conntrack.open(transport)) {
            transport.answer(datagrams(input));
            switch (which % 8) {
                case 0 -> table.list(ConntrackFilter.all()).forEach(Shown::of);
                case 1 -> table.get(tuple).ifPresent(Shown::of);
                case 2 -> table.cpuStatistics().forEach(Object::toString);
                case 3 -> table.statistics().toString();
                case 4 -> table.expectations().list().forEach(Shown::of);
                case 5 -> table.delete(tuple);
                case 6 -> table.expectations().cpuStatistics().forEach(Object::toString);
                default -> table.flush();
            }
        } catch (NetlinkException e) {
            if (e.getMessage() == null) {
                throw new AssertionError("an error without a message", e);
            }
        }
    }
}
