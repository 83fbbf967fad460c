// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.socket.DatagramBatch;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The record of one socket. Its failure does not affect the session. Allocates nothing for a datagram. */
final class RecordedSocket {
    /**
     * The maximum length of a note, in characters: with three bytes of UTF-8 each it fits a comment, so that the text
     * of a large filter does not fail.
     */
    private static final int LONGEST_NOTE = 20_000;

    private final Recorder recorder;
    private final TraceSink.@Nullable Socket sink;

    RecordedSocket(Recorder recorder, TraceSink.@Nullable Socket sink) {
        this.recorder = recorder;
        this.sink = sink;
    }

    void sending(ByteBuffer datagram) {
        if (recorder.goesOn() && sink != null) {
            try {
                sink.toKernel(Recorder.now(), datagram);
            } catch (Throwable e) {
                recorder.failed(e);
            }
        }
    }

    void note(String text) {
        if (recorder.goesOn() && sink != null) {
            try {
                sink.note(Recorder.now(), text.length() > LONGEST_NOTE ? text.substring(0, LONGEST_NOTE) + "…" : text);
            } catch (Throwable e) {
                recorder.failed(e);
            }
        }
    }

    /** The datagram of the last entry was not sent. */
    void notSent(Throwable reason) {
        if (recorder.goesOn() && sink != null) {
            try {
                sink.note(Recorder.now(), "the datagram was not sent: " + reason.getMessage());
            } catch (Throwable e) {
                recorder.failed(e);
            }
        }
    }

    /** Takes the result of a receive; after −1 (closed) the batch is undefined. */
    void received(DatagramBatch batch, int count, LongSupplier drops) {
        if (count >= 0 && batch.overrun()) {
            overrun(batch, drops.getAsLong());
        }
        for (int slot = 0; slot < count; slot++) {
            received(batch, slot);
        }
    }

    private void overrun(DatagramBatch batch, long drops) {
        if (recorder.goesOn() && sink != null) {
            try {
                sink.overrun(batch.receivedAt(), drops);
            } catch (Throwable e) {
                recorder.failed(e);
            }
        }
    }

    private void received(DatagramBatch batch, int slot) {
        if (recorder.goesOn() && sink != null) {
            try {
                sink.fromKernel(
                        batch.datagramReceivedAt(slot),
                        batch.buffer(),
                        batch.offset(slot),
                        batch.length(slot),
                        batch.truncated(slot));
            } catch (Throwable e) {
                recorder.failed(e);
            }
        }
    }

    void closed() {
        if (!recorder.ended() && sink != null) {
            try {
                sink.closed();
            } catch (Throwable e) {
                recorder.failed(e);
            }
        }
        recorder.flush();
    }
}
