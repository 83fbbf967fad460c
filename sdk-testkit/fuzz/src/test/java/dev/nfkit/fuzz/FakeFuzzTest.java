package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.SamplePackets;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The fake kernel answers each request, as the kernel does, and the text of a packet is parsed or refused. */
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

    static Stream<byte[]> dumps() {
        return Stream.of(
                        "0000   45 00 00 1c 12 34 40 00  40 11 00 00 0a 00 00 01   E....4@.@.......\n0010   0a 00",
                        "00000000: 4500 001c 1234 4000 4011 0000 0a00 0001  E....4@.@.......",
                        "00000000  45 00 00 1c 12 34 40 00  40 11 00 00 0a 00 00 01  |E....4@.@.......|",
                        "45:00:00:1c // head\n0x12, 0x34, # rest")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }
}
