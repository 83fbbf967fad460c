// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.pcap.PcapFormatException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.SamplePackets;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The fake kernel answers each request, as the kernel does, and the text of a packet, or a capture file, is
 * read or refused. */
class FakeFuzzTest {
    private static final int LONGEST = 400;

    /** Requests, each after a control byte and its length. */
    @MethodSource("dev.nfkit.fuzz.Recordings#requests")
    @FuzzTest
    void requests(byte[] data) throws NetlinkException {
        Budget.within(data, () -> {
            Input input = new Input(data);
            FakeNetfilter kernel =
                    new FakeNetfilter().order(ByteOrder.LITTLE_ENDIAN).strictBatches(false);
            NetlinkSocket socket = kernel.open(Netlink.NETLINK_NETFILTER);
            DatagramBatch batch = new DatagramBatch(4, 8192);
            while (!input.ended()) {
                ask(socket, input.take(input.u8() == 0 ? data.length : input.u16() % LONGEST));
                while (socket.receive(batch, 0) > 0) {
                    for (int slot = 0; slot < batch.count(); slot++) {
                        requireWellFormed(batch, slot);
                    }
                }
            }
        });
    }

    private static void ask(NetlinkSocket socket, byte[] request) throws NetlinkException {
        try {
            socket.send(ByteBuffer.wrap(request));
        } catch (AssertionError e) {
            if (!(e.getCause() instanceof MalformedMessageException)) {
                throw e; // its message states that no kernel can read the request
            }
        }
    }

    private static int messages(ByteBuffer buffer, int offset, int length) throws MalformedMessageException {
        MessageCursor message = new MessageCursor().wrap(buffer, offset, length, ByteOrder.LITTLE_ENDIAN);
        int messages = 0;
        while (message.next()) {
            messages++;
        }
        return messages;
    }

    private static void requireWellFormed(DatagramBatch batch, int slot) {
        try {
            if (messages(batch.buffer(), batch.slotOffset(slot), batch.length(slot)) == 0) {
                throw new AssertionError("an answer without a message");
            }
        } catch (MalformedMessageException e) {
            throw new AssertionError("a malformed answer", e);
        }
    }

    /** A dump of bytes as text, as tools print it. */
    @MethodSource("dumps")
    @FuzzTest
    void hex(byte[] data) {
        Budget.within(data, () -> {
            try {
                SamplePackets.fromHex(new Input(data).text());
            } catch (IllegalArgumentException e) {
                if (e.getMessage() == null) {
                    throw new AssertionError("a refusal without a message", e);
                }
            }
        });
    }

    /** A capture file yields IP packets, or is refused with a message. */
    @MethodSource("captures")
    @FuzzTest
    void capture(byte[] data) throws IOException {
        Path file = Files.createTempFile("nfkit-fuzz", ".pcap");
        try {
            Files.write(file, data);
            Budget.within(data, () -> requirePackets(file, data.length));
        } finally {
            Files.delete(file);
        }
    }

    private static void requirePackets(Path file, int length) throws IOException {
        long bytes = 0;
        try {
            for (byte[] packet : SamplePackets.fromCapture(file)) {
                bytes += packet.length;
                if (packet.length == 0 || (packet[0] >> 4 != 4 && packet[0] >> 4 != 6)) {
                    throw new AssertionError("not an IP packet: " + Arrays.toString(packet));
                }
            }
        } catch (PcapFormatException | IllegalArgumentException e) {
            if (e.getMessage() == null) {
                throw new AssertionError("a refusal without a message", e);
            }
        }
        if (bytes > length) {
            throw new AssertionError("a file of " + length + " bytes holds packets of " + bytes);
        }
    }

    /** A recorded packet of each IP version in files of each link type. */
    static Stream<byte[]> captures() {
        return Stream.of(SamplePackets.udp4(), SamplePackets.udp6())
                .flatMap(packet -> Stream.of(
                        file(101, new byte[0], packet),
                        file(packet[0] >> 4 == 4 ? 228 : 229, new byte[0], packet),
                        file(1, ethernet(packet, 12), packet),
                        file(1, ethernet(packet, 12, 0x81, 0, 0, 7), packet),
                        file(113, ethernet(packet, 14), packet),
                        file(276, new byte[20], packet),
                        file(239, nflog(packet.length), packet)));
    }

    /** A header that ends with the type of the packet, and with a VLAN tag before that. */
    private static byte[] ethernet(byte[] packet, int before, int... tag) {
        byte[] header = new byte[before + tag.length + 2];
        for (int i = 0; i < tag.length; i++) {
            header[before + i] = (byte) tag[i];
        }
        int type = packet[0] >> 4 == 4 ? 0x0800 : 0x86dd;
        header[header.length - 2] = (byte) (type >> 8);
        header[header.length - 1] = (byte) type;
        return header;
    }

    /** The family, version and group of NFLOG, and the head of the payload's attribute. */
    private static byte[] nflog(int length) {
        return new byte[] {2, 0, 0, 7, (byte) (length + 4), (byte) ((length + 4) >> 8), 9, 0};
    }

    /** A file in the classic format with one record. */
    private static byte[] file(int linkType, byte[] header, byte[] packet) {
        int length = header.length + packet.length;
        return ByteBuffer.allocate(40 + length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0xa1b2c3d4)
                .putShort((short) 2)
                .putShort((short) 4)
                .putLong(0)
                .putInt(65535)
                .putInt(linkType)
                .putLong(0)
                .putInt(length)
                .putInt(length)
                .put(header)
                .put(packet)
                .array();
    }

    static Stream<byte[]> dumps() {
        return Stream.of(
                        "0000   45 00 00 1c 12 34 40 00  40 11 00 00 0a 00 00 01   E....4@.@.......\n0010   0a 00",
                        "00000000: 4500 001c 1234 4000 4011 0000 0a00 0001  E....4@.@.......",
                        "00000000  45 00 00 1c 12 34 40 00  40 11 00 00 0a 00 00 01  |E....4@.@.......|",
                        "45:00:00:1c // head\n0x12, 0x34, # rest")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }
}
