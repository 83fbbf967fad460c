// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.packet.ChecksumState;
import dev.nfkit.packet.ExtensionCursor;
import dev.nfkit.packet.IcmpView;
import dev.nfkit.packet.InternetChecksum;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.packet.Ipv4View;
import dev.nfkit.packet.Ipv6View;
import dev.nfkit.packet.OptionCursor;
import dev.nfkit.packet.PacketChecksums;
import dev.nfkit.packet.PacketEditException;
import dev.nfkit.packet.PacketEditor;
import dev.nfkit.packet.TcpOptions;
import dev.nfkit.packet.TcpView;
import dev.nfkit.packet.UdpView;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes views of packet headers and the packet editor. No bytes make a view throw or read outside the packet, and no
 * edit turns a correct checksum into a wrong one.
 */
class HeaderFuzzTest {
    private static final int MOST_EDITS = 6;
    private static final int IPV6_LONGEST = 65_575;

    @MethodSource("dev.nfkit.fuzz.Recordings#packets")
    @FuzzTest
    void views(byte[] data) {
        Budget.within(
                data,
                () -> Placed.read(data, placed -> {
                    Bytes packet = new BytesView().wrap(placed.buffer(), placed.offset(), placed.length());
                    StringBuilder shown = new StringBuilder();
                    summary(packet, shown);
                    version4(packet, shown);
                    version6(packet, shown);
                    transport(packet, 0, shown);
                    return shown.toString();
                }));
    }

    private static void summary(Bytes packet, StringBuilder shown) {
        IpSummary summary = new IpSummary();
        if (summary.wrap(packet)) {
            shown.append(Shown.of(summary));
            BytesView payload = new BytesView();
            if (summary.payload(payload)) {
                shown.append(payload.toHex());
            }
        }
        PacketChecksums checksums = new PacketChecksums();
        if (checksums.wrap(packet)) {
            shown.append(checksums.header()).append(checksums.transport());
            if (checksums.known()) {
                shown.append(checksums.computeTransport());
            }
        }
        int sum = InternetChecksum.of(packet, 0, packet.length());
        byte[] bytes = packet.toArray();
        if (InternetChecksum.finish(InternetChecksum.sum(bytes, 0, bytes.length)) != sum) {
            throw new AssertionError("the sums of a view and of an array differ");
        }
    }

    private static void version4(Bytes packet, StringBuilder shown) {
        Ipv4View ip = new Ipv4View();
        if (ip.wrap(packet)) {
            shown.append(Shown.of(ip));
            options(new OptionCursor().wrap(ip), packet, shown);
            transport(packet, ip.payloadOffset(), shown);
        }
    }

    private static void version6(Bytes packet, StringBuilder shown) {
        Ipv6View ip = new Ipv6View();
        if (ip.wrap(packet)) {
            shown.append(Shown.of(ip));
            ExtensionCursor extension = new ExtensionCursor().wrap(ip);
            for (int steps = 0; extension.next(); steps++) {
                if (steps > packet.length()) {
                    throw new AssertionError("more extension headers than bytes");
                }
                shown.append(Shown.of(extension));
                if (extension.type() == 0 || extension.type() == 60) {
                    options(new OptionCursor().wrap(extension), packet, shown);
                }
            }
            if (ip.transportOffset() >= 0) {
                transport(packet, ip.transportOffset(), shown);
            }
        }
    }

    private static void transport(Bytes packet, int offset, StringBuilder shown) {
        TcpView tcp = new TcpView();
        if (tcp.wrap(packet, offset)) {
            shown.append(Shown.of(tcp));
            options(new OptionCursor().wrap(tcp), packet, shown);
            TcpOptions options = new TcpOptions();
            shown.append(options.wrap(tcp)).append(Shown.of(options));
            for (int block = 0; block < options.sackBlocks(); block++) {
                shown.append(options.sackFrom(block)).append(options.sackTo(block));
            }
        }
        UdpView udp = new UdpView();
        if (udp.wrap(packet, offset)) {
            shown.append(Shown.of(udp));
        }
        IcmpView icmp = new IcmpView();
        if (icmp.wrap(packet, offset)) {
            shown.append(Shown.of(icmp));
        }
    }

    private static void options(OptionCursor option, Bytes packet, StringBuilder shown) {
        BytesView data = new BytesView();
        for (int steps = 0; option.next(); steps++) {
            if (steps > packet.length()) {
                throw new AssertionError("more options than bytes");
            }
            shown.append(option.kind()).append(option.data(data).toHex());
        }
        shown.append(option.malformed());
    }

    /** Control bytes that select the edits, followed by the packet. */
    @MethodSource("dev.nfkit.fuzz.HeaderFuzzTest#edits")
    @FuzzTest
    void edit(byte[] data) {
        Budget.within(data, () -> editAndJudge(data));
    }

    private static void editAndJudge(byte[] data) {
        Input input = new Input(data);
        int edits = input.u8() % MOST_EDITS;
        boolean notReady = input.u8() == 1;
        Input changes = new Input(input.take(6 * MOST_EDITS));
        byte[] packet = input.rest();
        byte[] before = packet.clone();
        PacketEditor editor = new PacketEditor();
        try {
            editor.edit(Bytes.of(packet), notReady);
            for (int i = 0; i < edits; i++) {
                try {
                    change(editor, changes, packet);
                } catch (PacketEditException e) {
                    if (e.getMessage() == null || e.reason() == null) {
                        throw new AssertionError("a refusal without a reason", e);
                    }
                }
            }
            judge(before, editor.result().toArray(), notReady);
        } catch (PacketEditException e) {
            if (e.reason() == null) {
                throw new AssertionError("a refusal without a reason", e);
            }
        }
        if (!Arrays.equals(packet, before)) {
            throw new AssertionError("an edit changed the bytes that it was given");
        }
    }

    private static void change(PacketEditor editor, Input changes, byte[] packet) throws PacketEditException {
        boolean six = packet.length > 0 && (packet[0] & 0xf0) == 0x60;
        int which = changes.u8();
        switch (which % 10) {
            case 0 -> editor.sourcePort(changes.u16());
            case 1 -> editor.destinationPort(changes.u16());
            case 2 -> editor.ttl(changes.u8());
            case 3 -> editor.dscp(changes.u8() & 0x3f);
            case 4 -> editor.ecn(changes.u8() & 3);
            case 5 -> editor.tcpFlags(changes.u8());
            case 6 -> editor.source(address(six, changes.u32()));
            case 7 -> editor.destination(address(six, changes.u32()));
            case 8 -> editor.sourceBits(changes.u32());
            default -> {
                byte[] payload = new byte[changes.u8() == 0 ? changes.u16() : changes.u8()];
                Arrays.fill(payload, (byte) changes.u8());
                editor.payload(payload);
            }
        }
    }

    private static Bytes address(boolean six, int number) {
        byte[] address = new byte[six ? 16 : 4];
        for (int i = 0; i < address.length; i++) {
            address[i] = (byte) (number >>> (8 * (i & 3)));
        }
        return Bytes.of(address);
    }

    private static void judge(byte[] before, byte[] after, boolean notReady) {
        if (after.length > IPV6_LONGEST) {
            throw new AssertionError("a packet of " + after.length + " bytes");
        }
        PacketChecksums was = new PacketChecksums();
        PacketChecksums is = new PacketChecksums();
        if (was.wrap(Bytes.of(before)) && !is.wrap(Bytes.of(after))) {
            throw new AssertionError("an edit made a malformed packet");
        }
        if (was.wrap(Bytes.of(before))) {
            kept("header", was.header(), is.header());
            if (!notReady) {
                kept("transport", was.transport(), is.transport());
            }
        }
        if (Checksums.canTell(before)) {
            judgeSimple(Checksums.of(before), after, notReady);
        }
    }

    private static void kept(String what, ChecksumState was, ChecksumState is) {
        if ((was == ChecksumState.RIGHT || was == ChecksumState.NONE) && is != was) {
            throw new AssertionError("the " + what + " checksum was " + was + " and is " + is);
        }
    }

    /** The same check with checksums that nfkit does not compute. */
    private static void judgeSimple(Checksums was, byte[] after, boolean notReady) {
        if (!Checksums.canTell(after)) {
            throw new AssertionError("an edit made an incomplete packet");
        }
        Checksums is = Checksums.of(after);
        if (was.headerRight() && !is.headerRight()) {
            throw new AssertionError("the header's checksum was correct and is wrong");
        }
        if (!notReady && was.none() != is.none()) {
            throw new AssertionError("a UDP packet without a checksum has one, or vice versa");
        }
        boolean right = notReady || was.none() || was.transportRight();
        if (right && !(is.none() && !notReady) && !is.transportRight()) {
            throw new AssertionError("the transport's checksum was correct and is wrong");
        }
    }

    /** Packets after control bytes that perform every edit. */
    static Stream<byte[]> edits() {
        return Recordings.packets()
                .flatMap(packet -> IntStream.range(0, 4).mapToObj(first -> {
                    byte[] seed = new byte[2 + 6 * MOST_EDITS + packet.length];
                    seed[0] = MOST_EDITS - 1;
                    seed[1] = (byte) (first & 1);
                    for (int i = 2; i < 2 + 6 * MOST_EDITS; i++) {
                        seed[i] = (byte) (first * 3 + i);
                    }
                    System.arraycopy(packet, 0, seed, 2 + 6 * MOST_EDITS, packet.length);
                    return seed;
                }));
    }
}
