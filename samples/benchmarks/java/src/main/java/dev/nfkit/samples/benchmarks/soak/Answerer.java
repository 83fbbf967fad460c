// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import dev.nfkit.NetlinkException;
import dev.nfkit.nfqueue.Answers;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Answers held packets on a thread of its own, alternately singly and in batches. */
final class Answerer implements Callable<Long> {
    private static final int DROPPED_OF = 3;

    private final BlockingQueue<QueuedPacket> waiting = new LinkedBlockingQueue<>();
    private final Answers batch = new Answers();
    private final Gate gate;
    private final boolean half;
    private volatile boolean ended;
    private long held;
    private long answered;
    private long accepted;
    private long tooLate;

    /**
     * Creates an answerer without packets.
     *
     * @param gate slows the answerer down
     * @param half whether every other packet is left to its deadline
     */
    Answerer(Gate gate, boolean half) {
        this.gate = gate;
        this.half = half;
    }

    /** Holds the packet, to be answered later. */
    Verdict hold(QueuedPacket packet) {
        held++;
        QueuedPacket kept = packet.hold();
        if (!half || packet.id() % 2 == 0) {
            waiting.add(kept);
        }
        return Verdict.HELD;
    }

    @Override
    public Long call() throws NetlinkException, InterruptedException {
        List<QueuedPacket> packets = new ArrayList<>();
        while (!ended || !waiting.isEmpty()) {
            QueuedPacket first = waiting.poll(5, TimeUnit.MILLISECONDS);
            if (first == null) {
                continue;
            }
            gate.pass();
            packets.add(first);
            waiting.drainTo(packets);
            answer(packets);
            packets.clear();
        }
        return answered;
    }

    private void answer(List<QueuedPacket> packets) throws NetlinkException {
        // Singly if there are deadlines: a batch does not report which of its answers came too late.
        boolean together = !half && packets.size() % 2 == 0;
        for (QueuedPacket packet : packets) {
            Verdict verdict = packet.id() % DROPPED_OF == 0 ? Verdict.DROP : Verdict.ACCEPT;
            boolean inTime = together ? batch.add(packet, verdict) : packet.answer(verdict);
            if (!inTime) {
                tooLate++;
                continue;
            }
            answered++;
            accepted += verdict.equals(Verdict.ACCEPT) ? 1 : 0;
        }
        batch.send();
    }

    void end() {
        ended = true;
    }

    /** The number of packets held, once the polling thread has ended. */
    long held() {
        return held;
    }

    /** The number of answers in time, once the answering thread has ended. */
    long answered() {
        return answered;
    }

    /** The number of answers in time that accepted. */
    long accepted() {
        return accepted;
    }

    /** The number of answers after the deadline. */
    long tooLate() {
        return tooLate;
    }
}
