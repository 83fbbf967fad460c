// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide;

import dev.nfkit.KernelRefusedException;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.NfqueueStatistics;
import dev.nfkit.nfqueue.NfqueueWorkers;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.socket.NetAdmin;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;

/** The code of the guides to operating and to privileges. */
public final class Operating {
    private static final System.Logger LOG = System.getLogger("egress");

    private Operating() {}

    /** The thread that a JVM runs at its end. */
    public static Thread atExit(NfqueueSession session, Thread polling) {
        return new Thread(() -> {
            session.stop(); // run decides what waits, and returns
            try {
                polling.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Decides packets, and registers the thread that ends the session. */
    public static void serve(NetlinkTransport transport) throws IOException {
        NfqueueOptions options = NfqueueOptions.builder()
                .queue(0)
                .deadline(Duration.ofSeconds(2))
                .settleTime(Duration.ofSeconds(3))
                .build();
        try (NfqueueSession session = NfqueueSession.open(transport, options)) {
            Runtime.getRuntime().addShutdownHook(atExit(session, Thread.currentThread()));
            session.run(packet -> Verdict.ACCEPT);
            LOG.log(System.Logger.Level.INFO, session.statistics().toString());
        }
    }

    /** One line for each second in which packets were lost or not decided. */
    public static void report(NfqueueStatistics before, NfqueueStatistics now, PrintStream out) {
        long lost = now.queueDropped() - before.queueDropped() + now.userDropped() - before.userDropped();
        long undecided = now.failed() + now.expired() - before.failed() - before.expired();
        if (lost > 0 || undecided > 0) {
            out.println(lost + " packets lost in the kernel, " + undecided + " got the failure verdict");
        }
    }

    /** Runs a thread for each queue. */
    public static void balance(NetlinkTransport transport) throws IOException {
        NfqueueOptions options = NfqueueOptions.builder()
                .queues(0, 3, queue -> queue.copyRange(128))
                .rule("udp dport 53")
                .build();
        ThreadLocal<IpSummary> summaries = ThreadLocal.withInitial(IpSummary::new);
        try (NfqueueWorkers workers = NfqueueWorkers.open(transport, options)) {
            workers.run(packet -> {
                IpSummary ip = summaries.get(); // the workers call the decider at the same time
                return ip.wrap(packet.payload()) && ip.hasPorts() ? Verdict.ACCEPT : Verdict.DROP;
            });
        }
    }

    /** Finds out whether netfilter may be configured. */
    public static boolean permitted(NetlinkTransport transport, PrintStream err) {
        NetAdmin capability = transport.kernel().netAdmin();
        if (capability.denied()) {
            err.println("CAP_NET_ADMIN is " + capability + ": start this as root, or see the guide to privileges");
            return false;
        }
        return true;
    }

    /** Explains why a session does not open. */
    public static boolean opens(NetlinkTransport transport, NflogOptions options, PrintStream err) throws IOException {
        try (NflogSession session = NflogSession.open(transport, options)) {
            return session.receiveBuffer() > 0;
        } catch (KernelRefusedException e) {
            err.println(e.getMessage()); // what was refused, why, and what helps
            return false;
        }
    }
}
