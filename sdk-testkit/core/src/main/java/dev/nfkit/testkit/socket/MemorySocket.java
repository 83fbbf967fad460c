// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.socket;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.testkit.time.ModelClock;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Implements the rules of {@link NetlinkSocket} in memory: which thread may wait, what wakes it up, and what close
 * waits for. Subclasses define what is received and what a sent datagram does. All state is guarded by the clock's
 * lock.
 */
public abstract class MemorySocket implements NetlinkSocket {
    /** The clock that the socket follows, and the lock of its state. */
    protected final ModelClock clock;

    private final long portId;
    private @Nullable Thread receiver;
    private boolean woken;
    private boolean closed;
    private boolean freed;
    private @Nullable EventFilter filter;

    protected MemorySocket(ModelClock clock, long portId) {
        this.clock = clock;
        this.portId = portId;
    }

    /** Fills the batch. Returns the number of datagrams, 0 for none (or only an overrun), −1 for the end. */
    protected abstract int take(DatagramBatch batch) throws NetlinkException;

    /**
     * How long a receive that finds nothing waits in real time for another thread, before an automatic clock jumps.
     * Called again after each change.
     */
    protected long patience(long timeoutNanos) {
        return 0;
    }

    /** Receives a datagram as the kernel. */
    protected abstract void transmit(byte[] datagram) throws NetlinkException;

    /** The maximum length of a datagram to the kernel, in bytes. */
    protected abstract int sendLimit();

    /** Called once, when the socket is closed. */
    protected abstract void freed();

    @Override
    public final long portId() {
        return portId;
    }

    @Override
    public final void send(ByteBuffer datagram) throws NetlinkException {
        byte[] bytes = new byte[datagram.remaining()];
        datagram.get(datagram.position(), bytes);
        clock.locked(() -> {
            requireOpen("send");
            if (bytes.length > sendLimit()) {
                throw new SystemCallException(
                        "send(" + bytes.length + " bytes)",
                        Errno.EMSGSIZE,
                        "the send buffer takes " + sendLimit() + " bytes; raise it or split the datagram");
            }
            transmit(bytes);
            clock.changed();
        });
    }

    @Override
    public final int receive(DatagramBatch batch, long timeoutNanos) throws NetlinkException {
        return clock.locked(() -> receiveLocked(batch, timeoutNanos));
    }

    private int receiveLocked(DatagramBatch batch, long timeoutNanos) throws NetlinkException {
        if (closed) {
            batch.clear();
            return -1;
        }
        if (receiver != null) {
            throw new IllegalStateException(
                    "thread " + receiver.getName() + " is receiving; receiving is one thread's at a time");
        }
        receiver = Thread.currentThread();
        try {
            batch.clear();
            return receiveAlone(batch, timeoutNanos);
        } finally {
            receiver = null;
            clock.changed();
        }
    }

    private int receiveAlone(DatagramBatch batch, long timeoutNanos) throws NetlinkException {
        boolean interrupted = false;
        try {
            long start = clock.now();
            long deadline =
                    timeoutNanos < 0 || start > Long.MAX_VALUE - timeoutNanos ? Long.MAX_VALUE : start + timeoutNanos;
            long realStart = 0;
            boolean waits = false;
            while (true) {
                clock.runDue();
                if (closed) {
                    return -1;
                }
                if (woken) {
                    woken = false;
                    return 0;
                }
                int count = take(batch);
                if (count != 0 || batch.overrun()) {
                    return count;
                }
                if (clock.now() >= deadline) {
                    return 0;
                }
                if (!waits) {
                    waits = true; // read only here: most receives find something, and reading the time is slow
                    realStart = System.nanoTime();
                }
                long patience = clock.jumps() ? patience(timeoutNanos) - (System.nanoTime() - realStart) : 0;
                interrupted |= patience > 0
                        ? clock.awaitReal(patience)
                        : clock.await(deadline, realStart + clock.patienceNanos());
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public final void filter(@Nullable EventFilter filter) throws NetlinkException {
        clock.locked(() -> {
            requireOpen("set a filter");
            this.filter = filter;
        });
    }

    /** The filter that is set, or null; requires the lock. */
    protected final @Nullable EventFilter filter() {
        return filter;
    }

    @Override
    public final void wakeup() {
        clock.locked(() -> {
            woken = true;
            clock.changed();
        });
    }

    @Override
    public final void close() {
        clock.locked(() -> {
            closed = true;
            clock.changed();
            while (receiver != null) {
                clock.awaitChange();
            }
            if (!freed) {
                freed = true;
                freed();
                clock.changed();
            }
        });
    }

    /** Whether it is closed; requires the lock. */
    protected final boolean closed() {
        return closed;
    }

    /** Throws EBADF if the socket is closed; requires the lock. */
    protected final void requireOpen(String call) throws SystemCallException {
        if (closed) {
            throw new SystemCallException(call, Errno.EBADF, "the socket is closed");
        }
    }
}
