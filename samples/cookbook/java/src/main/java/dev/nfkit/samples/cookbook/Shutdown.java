// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import java.util.concurrent.CountDownLatch;

/** Decides packets until SIGTERM or SIGINT, and then those that still wait. */
public final class Shutdown {
    private Shutdown() {}

    public static void main(String[] args) throws Exception {
        NfqueueOptions options =
                NfqueueOptions.builder().queue(0).closeVerdict(Verdict.ACCEPT).build();
        CountDownLatch ended = new CountDownLatch(1);
        try (NfqueueSession session = NfqueueSession.open(LinuxTransport.current(), options)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                session.stop(); // the run below delivers what waits, and returns
                await(ended);
            }));
            System.out.println("ready");
            long decided = session.run(Shutdown::decide);
            System.out.println("decided " + decided + ", " + session.statistics());
        } finally {
            ended.countDown(); // the JVM exits when its shutdown hooks have returned
        }
    }

    private static Verdict decide(QueuedPacket packet) throws InterruptedException {
        Thread.sleep(100); // slow, so that packets wait
        return Verdict.ACCEPT;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
