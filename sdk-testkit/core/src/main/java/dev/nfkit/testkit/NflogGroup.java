package dev.nfkit.testkit;

import dev.nfkit.socket.GroupState;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One bound group of {@link FakeNflog} ({@code struct nfulnl_instance}). Guarded by the clock's lock. */
final class NflogGroup {
    private static final int MODE_META = 1;
    private static final int MODE_PACKET = 2;
    private static final int COPY_RANGE_MAX = 65_531;
    private static final int SMALLEST_BUFFER = 3776;
    private static final int LARGEST_BUFFER = 131_072;
    private static final int FLAG_SEQ = 1;
    private static final int FLAG_SEQ_GLOBAL = 2;

    private final FakeNetlinkSocket socket;
    private final int number;
    private int mode = MODE_PACKET;
    private long copyRange = COPY_RANGE_MAX;
    private int bufferSize = SMALLEST_BUFFER;
    private long timeout = 100;
    private long threshold = 100;
    private int flags;
    private long sequence;
    private final MessageWriter held;
    private int allocated;
    private long count;
    private TestClock.@Nullable Timer timer;

    NflogGroup(FakeNetlinkSocket socket, int number) {
        this.socket = socket;
        this.number = number;
        this.held = new MessageWriter(LARGEST_BUFFER * 2, socket.order());
    }

    FakeNetlinkSocket socket() {
        return socket;
    }

    void mode(int newMode, long range) {
        if (newMode == MODE_PACKET) {
            mode = newMode;
            copyRange = range == 0 ? COPY_RANGE_MAX : Math.min(range, COPY_RANGE_MAX);
        } else if (newMode >= 0 && newMode <= MODE_META) {
            mode = newMode;
            copyRange = 0;
        }
    }

    void timeout(long hundredths) {
        timeout = hundredths;
    }

    void bufferSize(long bytes) {
        if (bytes >= SMALLEST_BUFFER && bytes <= LARGEST_BUFFER) {
            bufferSize = (int) bytes;
        }
    }

    void threshold(long packets) {
        threshold = packets;
    }

    void flags(int bits) {
        flags = bits;
    }

    GroupState state() {
        return new GroupState(number, socket.portId(), count, mode, copyRange, timeout, 1);
    }

    void log(SampleNflog packet, LongSupplier globalSequence) {
        int copied = mode == MODE_PACKET ? (int) Math.min(packet.payloadLength(), range(packet)) : 0;
        OptionalLong own = (flags & FLAG_SEQ) != 0 ? OptionalLong.of(sequence++ & 0xffff_ffffL) : OptionalLong.empty();
        OptionalLong global = (flags & FLAG_SEQ_GLOBAL) != 0
                ? OptionalLong.of(globalSequence.getAsLong() & 0xffff_ffffL)
                : OptionalLong.empty();
        int reckoned = packet.reckonedSize(copied, own.isPresent(), global.isPresent());
        if (count > 0 && reckoned > space() - held.length() - Netlink.NFGENMSG_LEN) {
            flush();
        }
        if (count == 0) {
            allocated = Math.max(bufferSize, reckoned);
        }
        packet.write(held, number, copied, own, global);
        count++;
        long limit = packet.ruleThreshold() > 0 ? Math.min(packet.ruleThreshold(), threshold) : threshold;
        if (count >= limit) {
            flush();
        } else if (timer == null) {
            long at = socket.clock.now() + TimeUnit.MILLISECONDS.toNanos(10 * timeout);
            timer = socket.clock.schedule(at, this::flush);
        }
    }

    /** The copy range, which a rule may reduce ({@code NF_LOG_F_COPY_LEN}). */
    private long range(SampleNflog packet) {
        return Math.min(copyRange, packet.ruleSize().orElse(COPY_RANGE_MAX));
    }

    /** The real size of an allocation: memory is allocated in powers of two. */
    private int space() {
        return ReceiveBuffer.space(allocated);
    }

    /** Sends the packets that are held. */
    void flush() {
        if (count == 0) {
            return;
        }
        if (count > 1) {
            NflogMessages.done(held, number);
        }
        byte[] batch = Datagrams.bytes(held);
        discard();
        socket.deliverAllocated(batch, allocated);
    }

    /** Discards the packets that are held, as a close does. */
    void discard() {
        held.clear();
        count = 0;
        if (timer != null) {
            socket.clock.cancel(timer);
            timer = null;
        }
    }
}
