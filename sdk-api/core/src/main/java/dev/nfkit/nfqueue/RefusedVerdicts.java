// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.Errno;
import java.util.function.Consumer;

/**
 * Counts the verdicts that the kernel refused, and reports each with its packet. If the packet may still wait after a
 * refusal, its queue is in doubt ({@link Ledger}). On the receiving thread.
 */
final class RefusedVerdicts {
    private static final int UNKNOWN = -1;

    private final NfqueueOptions options;
    private final VerdictLog log;
    private final Dispatch dispatch;
    private final Reports reports;
    private long gone;
    private long refused;

    RefusedVerdicts(NfqueueOptions options, VerdictLog log, Dispatch dispatch, Reports reports) {
        this.options = options;
        this.log = log;
        this.dispatch = dispatch;
        this.reports = reports;
    }

    /**
     * The kernel refused the verdict with a sequence number, or with EPERM the whole datagram that begins with it.
     * Packets received in this and later epochs come after the packets of these verdicts.
     */
    void refused(long sequence, Errno errno, int epoch) {
        if (errno.equals(Errno.ENOENT)) {
            if (!VerdictLog.isSweep(sequence)) {
                gone++;
                report(sequence, errno);
            }
        } else if (errno.equals(Errno.EPERM)) {
            // nfnetlink_rcv checks the capability once for a datagram, and answers only its first message. All are
            // counted before a handler is called, because it may throw.
            dispatch.doubtRefused(UNKNOWN, epoch);
            log.datagram(sequence, verdict -> refused++);
            log.datagram(sequence, verdict -> report(verdict, errno));
        } else {
            dispatch.doubtRefused(log.knows(sequence) ? log.queue(sequence) : UNKNOWN, epoch);
            refused++;
            report(sequence, errno);
        }
    }

    private void report(long sequence, Errno errno) {
        boolean known = log.knows(sequence);
        int queue = known ? log.queue(sequence) : UNKNOWN;
        long id = known ? log.id(sequence) : UNKNOWN;
        reports.journal().refused(queue, id, errno);
        Consumer<VerdictRefusal> handler = options.refusalHandler().orElse(null);
        if (handler == null) {
            reports.refused(known ? "queue/id " + queue + "/" + id : "a packet that is not known any more", errno);
        } else if (known) {
            reports.call("onRefused", handler, new VerdictRefusal(queue, id, VerdictLog.isBatch(sequence), errno));
        }
    }

    long gone() {
        return gone;
    }

    long refused() {
        return refused;
    }
}
