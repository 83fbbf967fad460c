// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.NetlinkException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Waits on behalf of virtual threads. A virtual thread that blocks in a native call keeps its carrier, and if all
 * carriers were kept, all other virtual threads would stop. Therefore a platform thread makes the call, while the
 * virtual thread waits for it in Java, without its carrier.
 *
 * <p>The platform threads are daemons. There is one for each wait in progress; it ends when there is nothing left to
 * wait for.
 */
final class VirtualThreads {
    /** A wait in the kernel. */
    @FunctionalInterface
    interface Wait {
        int await(long nanos) throws NetlinkException;
    }

    private static final long IDLE_SECONDS = 10;

    /** {@code (Thread)boolean}; always false before Java 21. */
    private static final MethodHandle IS_VIRTUAL = isVirtual();

    /** Made by the first wait of a virtual thread. */
    private static final class Platform {
        static final ExecutorService THREADS = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                    Thread thread = new Thread(null, task, "nfkit waits for a virtual thread", 0, false);
                    thread.setDaemon(true);
                    return thread;
                });
    }

    private VirtualThreads() {}

    private static MethodHandle isVirtual() {
        MethodType type = MethodType.methodType(boolean.class);
        try {
            return MethodHandles.lookup().findVirtual(Thread.class, "isVirtual", type);
        } catch (ReflectiveOperationException e) {
            return MethodHandles.dropArguments(MethodHandles.constant(boolean.class, false), 0, Thread.class);
        }
    }

    /** Whether the calling thread is virtual. */
    static boolean current() {
        try {
            return (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
        } catch (Throwable e) {
            throw new LinkageError("Thread.isVirtual failed", e);
        }
    }

    /**
     * Waits on a platform thread; returns and throws as the wait does. An interrupt does not end it, and its flag is
     * kept. If no platform thread can be started, the calling thread waits itself.
     */
    static int await(Wait wait, long nanos) throws NetlinkException {
        Errand errand = new Errand(wait, nanos);
        try {
            Platform.THREADS.execute(errand);
        } catch (OutOfMemoryError e) { // no memory for a thread, or no thread left
            return wait.await(nanos);
        }
        CallGate.await(errand.done);
        return errand.result();
    }

    private static final class Errand implements Runnable {
        private final Wait wait;
        private final long nanos;
        private final CountDownLatch done = new CountDownLatch(1);
        private int result;
        private @Nullable Throwable failure;

        Errand(Wait wait, long nanos) {
            this.wait = wait;
            this.nanos = nanos;
        }

        @Override
        public void run() {
            try {
                result = wait.await(nanos);
            } catch (Throwable e) {
                failure = e; // it is thrown on the virtual thread
            } finally {
                done.countDown();
            }
        }

        int result() throws NetlinkException {
            if (failure instanceof NetlinkException e) {
                throw e;
            }
            if (failure instanceof RuntimeException e) {
                throw e;
            }
            if (failure instanceof Error e) {
                throw e;
            }
            return result;
        }
    }
}
