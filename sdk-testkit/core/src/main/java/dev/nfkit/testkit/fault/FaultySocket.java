// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.ForwardingNetlinkSocket;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.SocketOption;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A socket into which faults are injected. */
final class FaultySocket extends ForwardingNetlinkSocket {
    private final LongSupplier clock;
    private final Injector injector;
    private final ReentrantLock receiving = new ReentrantLock();

    // Used by the receiving thread only.
    private final Passage passage = new Passage();
    private int toLose;
    private boolean silent;
    /** Whether an overrun was reported for the current receive. */
    private boolean marked;

    private volatile long lost;
    private volatile long foreignDatagrams;
    private volatile boolean woken;
    private volatile boolean closed;
    private volatile boolean quiet;
    private volatile boolean words;

    FaultySocket(NetlinkSocket delegate, LongSupplier clock, Injector injector) {
        super(delegate);
        this.clock = clock;
        this.injector = injector;
    }

    @Override
    public void send(ByteBuffer datagram) throws NetlinkException {
        Fault fault = injector.next(portId(), 0, FaultEvent.SEND);
        if (fault instanceof Fault.FailedSend failed) {
            throw new SystemCallException("send(" + datagram.remaining() + " bytes)", failed.errno(), null);
        } else if (fault instanceof Fault.ThrowingSend throwing) {
            throw Throwing.undeclared(throwing.failure().get());
        }
        super.send(datagram);
    }

    @Override
    public int receive(DatagramBatch batch, long timeoutNanos) throws NetlinkException {
        if (!receiving.tryLock()) {
            throw new IllegalStateException("another thread is receiving; receiving is one thread's at a time");
        }
        try {
            return receiveAlone(batch, timeoutNanos);
        } finally {
            receiving.unlock();
        }
    }

    private int receiveAlone(DatagramBatch batch, long timeoutNanos) throws NetlinkException {
        long start = clock.getAsLong();
        for (; ; ) {
            long now = clock.getAsLong();
            long asked = timeoutNanos < 0 ? -1 : Math.max(0, timeoutNanos - (now - start));
            long wait = passage.wait(asked, now);
            int count = super.receive(batch, wait);
            if (count < 0) {
                return ended(batch);
            }
            boolean nothing = count == 0 && !batch.overrun();
            if (nothing && woken) {
                woken = false;
                return 0;
            }
            if (!nothing && !disturbed(batch)) {
                return count;
            }
            passage.releaseDue(clock.getAsLong());
            if (nothing) {
                passage.releaseOvertaken();
            }
            if (passage.any()) {
                return passage.fill(batch);
            }
            if (nothing && wait == asked) {
                return 0;
            }
        }
    }

    /**
     * The underlying socket is closed or at its end: datagrams in transit are still delivered, unless the user closed
     * it.
     */
    private int ended(DatagramBatch batch) throws NetlinkException {
        passage.releaseAll();
        if (closed || !passage.any()) {
            passage.clear();
            batch.clear();
            return -1;
        }
        return passage.fill(batch);
    }

    /** Applies faults to what was received; false if the batch is passed on unchanged. */
    private boolean disturbed(DatagramBatch batch) {
        boolean passed = passage.idle();
        marked = false;
        if (!passed && batch.overrun()) {
            passage.markOverrun();
        }
        for (int i = 0; i < batch.count(); i++) {
            FaultEvent[] events = FaultyMessages.events(batch.buffer(), batch.offset(i), batch.length(i), order());
            Fault fault = lostAnyway() ? null : injector.next(portId(), batch.length(i) * Byte.SIZE, events);
            if (passed && (fault != null || lostAnyway())) {
                passed = false;
                takeBefore(batch, i);
            }
            if (!passed) {
                meet(arrival(batch, i), fault);
            }
        }
        return !passed;
    }

    private boolean lostAnyway() {
        return silent || toLose > 0;
    }

    private void takeBefore(DatagramBatch batch, int end) {
        if (batch.overrun()) {
            passage.markOverrun();
        }
        for (int i = 0; i < end; i++) {
            passage.add(arrival(batch, i));
        }
    }

    private static Passage.Arrival arrival(DatagramBatch batch, int index) {
        byte[] bytes = new byte[batch.length(index)];
        batch.buffer().get(batch.offset(index), bytes);
        return new Passage.Arrival(bytes, batch.truncated(index), batch.datagramReceivedAt(index));
    }

    private static Passage.Arrival with(Passage.Arrival arrival, byte... bytes) {
        return new Passage.Arrival(bytes, arrival.cut, arrival.receivedAt);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // only the receiving thread counts
    private void meet(Passage.Arrival arrival, @Nullable Fault fault) {
        if (silent) {
            return;
        }
        if (toLose > 0) {
            toLose--;
            lose();
        } else if (fault == null) {
            passage.add(arrival);
        } else if (fault instanceof Fault.Overrun overrun) {
            toLose = overrun.lost() - 1;
            lose();
        } else if (fault instanceof Fault.Truncated cut) {
            passage.add(new Passage.Arrival(FaultyMessages.cut(arrival.bytes, cut.length()), true, arrival.receivedAt));
        } else if (fault instanceof Fault.DelayedAcknowledgement delay) {
            passage.delay(arrival, clock.getAsLong() + delay.by().toNanos());
        } else if (fault instanceof Fault.RefusedAcknowledgement refusal) {
            String text = words ? refusal.text() : null;
            passage.add(with(arrival, FaultyMessages.refused(arrival.bytes, refusal.errno(), text, order())));
        } else if (fault instanceof Fault.ForeignSender) {
            foreignDatagrams++;
            passage.add(arrival);
        } else if (fault instanceof Fault.Duplicated) {
            passage.add(arrival);
            passage.add(arrival);
        } else if (fault instanceof Fault.Reordered reordered) {
            passage.overtake(arrival, reordered.overtakenBy());
        } else if (fault instanceof Fault.FlippedBit flip) {
            passage.add(with(arrival, FaultyMessages.flipped(arrival.bytes, flip.bit())));
        } else if (fault instanceof Fault.InterruptedDump) {
            passage.add(with(arrival, FaultyMessages.interrupted(arrival.bytes, order())));
        } else if (fault instanceof Fault.FailedReceive failure) {
            passage.fail(failure);
            passage.add(arrival);
        } else if (fault instanceof Fault.ThrowingReceive throwing) {
            passage.fail(throwing);
            passage.add(arrival);
        } else if (fault instanceof Fault.Silence) {
            silent = true;
        } else if (fault instanceof Fault.Closed) {
            silent = true; // later datagrams are lost
            super.close();
        }
    }

    /** Loses a datagram, and reports the loss once for those that were received together. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // only the receiving thread counts
    private void lose() {
        lost++;
        if (!quiet && !marked) {
            marked = true;
            passage.markOverrun();
        }
    }

    @Override
    public void set(SocketOption option, int value) throws NetlinkException {
        super.set(option, value);
        if (option == SocketOption.NO_ENOBUFS) {
            quiet = value != 0;
        } else if (option == SocketOption.EXT_ACK) {
            words = value != 0;
        }
    }

    @Override
    public long drops() {
        return super.drops() + lost;
    }

    @Override
    public long foreign() {
        return super.foreign() + foreignDatagrams;
    }

    @Override
    public void wakeup() {
        woken = true;
        super.wakeup();
    }

    @Override
    public void close() {
        closed = true;
        super.close();
    }
}
