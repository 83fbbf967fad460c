// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the calls that use a descriptor, so that it is freed only after the last has returned, and no other file can
 * get a number that is still in use.
 */
final class CallGate {
    private static final int CLOSED = 1 << 31;

    private final AtomicInteger state = new AtomicInteger();
    private final CountDownLatch idle = new CountDownLatch(1);

    /** Begins a call; false if the gate is closed, in which case {@link #leave} must not be called. */
    boolean enter() {
        int now = state.get();
        while (now >= 0) {
            if (state.compareAndSet(now, now + 1)) {
                return true;
            }
            now = state.get();
        }
        return false;
    }

    /** Ends a call. */
    void leave() {
        if (state.decrementAndGet() == CLOSED) {
            idle.countDown();
        }
    }

    boolean closed() {
        return state.get() < 0;
    }

    /** Prevents further calls; true for the caller that closed the gate. */
    boolean close() {
        int before = state.getAndUpdate(now -> now | CLOSED);
        if (before == 0) {
            idle.countDown();
        }
        return before >= 0;
    }

    /** Waits until the calls in flight have returned; an interrupt is restored afterwards. */
    void awaitIdle() {
        await(idle);
    }

    static void await(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
