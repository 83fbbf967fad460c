// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.wire.Netlink;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Tests of threads that run on a newer Java, in a separate process. */
final class ThreadsProbe {
    private static final int SENDERS = 200_000;

    private ThreadsProbe() {}

    public static void main(String[] arguments) throws Exception {
        Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
        try (NetlinkSocket socket = LinuxTransport.current().open(Netlink.NETLINK_NETFILTER)) {
            System.out.println("calls by " + LibC.way());
            switch (arguments[0]) {
                case "carrier" -> carrier(socket, start);
                case "memory" -> memory(socket, start);
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    /** One virtual thread waits for datagrams. Another one ends its wait, which requires that it runs meanwhile. */
    private static void carrier(NetlinkSocket socket, Method start) throws Exception {
        AtomicInteger received = new AtomicInteger(-2);
        CountDownLatch receiving = new CountDownLatch(1);
        Thread receiver = start(start, () -> {
            receiving.countDown();
            received.set(receive(socket));
        });
        receiving.await();
        start(start, socket::wakeup).join();
        receiver.join();
        System.out.println("received " + received.get());
    }

    private static int receive(NetlinkSocket socket) {
        try {
            return socket.receive(new DatagramBatch(1, 4096), -1);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Each thread makes a call that fails, and reads its error. */
    private static void memory(NetlinkSocket socket, Method start) throws Exception {
        ByteBuffer tooMuch = ByteBuffer.allocateDirect(400_000);
        AtomicInteger refused = new AtomicInteger();
        for (int i = 0; i < SENDERS; i++) {
            start(start, () -> {
                        try {
                            socket.send(tooMuch);
                        } catch (SystemCallException e) {
                            refused.incrementAndGet();
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    })
                    .join();
        }
        System.out.println("refused " + (refused.get() == SENDERS ? "all" : refused.get()));
    }

    private static Thread start(Method start, Runnable task) throws ReflectiveOperationException {
        return (Thread) start.invoke(null, task);
    }
}
