// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nflog;

import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.socket.GroupState;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.ReceiveBuffer;
import dev.nfkit.testkit.message.Datagrams;
import dev.nfkit.testkit.sample.NflogContents;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One bound group of {@link NflogModel} ({@code struct nfulnl_instance}). Guarded by the clock's lock. */
final class NflogGroup {
    private static final int MODE_META = 1;
    private static final int MODE_PACKET = 2;

    private final KernelSocket socket;
    private final int number;
    private int mode = MODE_PACKET;
    private long copyRange = NflogConfig.COPY_RANGE_MAX;
    private int bufferSize = NflogConfig.NLBUFSIZ_MIN;
    private long timeout = 100;
    private long threshold = 100;
    private int flags;
    private long sequence;
    private final MessageWriter held;
    private int allocated;
    private long count;
    private ModelClock.@Nullable Timer timer;

    NflogGroup(KernelSocket socket, int number) {
        this.socket = socket;
        this.number = number;
        this.held = new MessageWriter(NflogConfig.NLBUFSIZ_MAX * 2, socket.order());
    }

    KernelSocket socket() {
        return socket;
    }

    void mode(int newMode, long range) {
        if (newMode == MODE_PACKET) {
            mode = newMode;
            copyRange = range == 0 ? NflogConfig.COPY_RANGE_MAX : Math.min(range, NflogConfig.COPY_RANGE_MAX);
        } else if (newMode >= 0 && newMode <= MODE_META) {
            mode = newMode;
            copyRange = 0;
        }
    }

    void timeout(long hundredths) {
        timeout = hundredths;
    }

    void bufferSize(long bytes) {
        if (bytes >= NflogConfig.NLBUFSIZ_MIN && bytes <= NflogConfig.NLBUFSIZ_MAX) {
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

    void log(NflogContents packet, LongSupplier globalSequence) {
        int copied = mode == MODE_PACKET ? (int) Math.min(packet.payloadLength(), range(packet)) : 0;
        OptionalLong own = (flags & NflogConfig.NFULNL_CFG_F_SEQ) != 0
                ? OptionalLong.of(sequence++ & 0xffff_ffffL)
                : OptionalLong.empty();
        OptionalLong global = (flags & NflogConfig.NFULNL_CFG_F_SEQ_GLOBAL) != 0
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
            long at = socket.clock().now() + TimeUnit.MILLISECONDS.toNanos(10 * timeout);
            timer = socket.clock().schedule(at, this::flush);
        }
    }

    /** The copy range, which a rule may reduce ({@code NF_LOG_F_COPY_LEN}). */
    private long range(NflogContents packet) {
        return Math.min(copyRange, packet.ruleSize().orElse(NflogConfig.COPY_RANGE_MAX));
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
            NflogContents.done(held, number);
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
            socket.clock().cancel(timer);
            timer = null;
        }
    }
}
