// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.SocketOption;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket of Linux, read by {@code recvmmsg}. Long waits sleep in {@code recvmmsg} until a {@link Nudge};
 * short ones use {@code ppoll} with an eventfd. See netlink(7), recvmmsg(2), eventfd(2).
 */
final class LinuxNetlinkSocket implements NetlinkSocket {
    private static final int EAGAIN = Errno.EAGAIN.number();
    private static final int EINTR = Errno.EINTR.number();
    private static final int ENOBUFS = Errno.ENOBUFS.number();
    private static final long SEND_POLL_NANOS = 10_000_000;
    /**
     * The limit between the two kinds of waits. Shorter waits are exact; longer ones sleep in the receive, for a
     * multiple of this.
     */
    private static final long SLEEP_MILLIS = 100;

    private static final long SLEEP_NANOS = SLEEP_MILLIS * 1_000_000;
    /**
     * The maximum number of slices of a sleep, which bounds the delay of a wakeup that the kernel had no memory to
     * deliver.
     */
    private static final long SLICES = 10;

    private final int fd;
    private final int event;
    private final long portId;

    private final CallGate gate = new CallGate();
    private final CountDownLatch freed = new CountDownLatch(1);
    private final Waiter waiter;
    private final Outbound outbound = new Outbound();
    private final ForeignSenders foreignSenders;
    private final Nudge nudge = new Nudge();
    /**
     * Whether long waits of platform threads sleep in the receive. Not if overruns are reported: the count of drops is
     * then needed at once, and a lost nudge is subtracted from it only after the socket was empty.
     */
    private volatile boolean sleeps;

    /** Whether a wakeup is pending. The eventfd is only a hint to check this. */
    private final AtomicBoolean wakeup = new AtomicBoolean();

    private final AtomicBoolean receiving = new AtomicBoolean();

    // Used by the receiving thread only; `receiving` passes it between threads.
    private final Map<DatagramBatch, ReceiveSlots> known = new WeakHashMap<>();
    private @Nullable DatagramBatch lastBatch;
    private @Nullable ReceiveSlots lastSlots;
    private boolean moreLikely;
    /** The number of slices of a receive's sleep. */
    private long sleepSlice;

    private final Density density = new Density();

    private final Object counting = new Object();
    private long dropsRead;
    private long drops;

    private LinuxNetlinkSocket(int fd, int event, long portId) {
        this.fd = fd;
        this.event = event;
        this.portId = portId;
        this.waiter = new Waiter(fd, event);
        this.foreignSenders = ForeignSenders.shutOut(fd);
    }

    /** Opens and binds a socket in this thread's network namespace. */
    static LinuxNetlinkSocket open(int protocol) throws NetlinkException {
        int fd = Descriptor.open(protocol);
        boolean bound = false;
        try {
            long portId = Descriptor.bind(fd);
            bound = true;
            return of(fd, portId);
        } finally {
            if (!bound) {
                LibC.close(fd);
            }
        }
    }

    /** A socket over a bound descriptor that has sent nothing to the kernel; it owns the descriptor from now on. */
    static LinuxNetlinkSocket of(int fd, long portId) throws NetlinkException {
        int event = -1;
        LinuxNetlinkSocket socket = null;
        try {
            event = Descriptor.openEvent();
            socket = new LinuxNetlinkSocket(fd, event, portId);
            return socket;
        } finally {
            if (socket == null) {
                LibC.close(fd);
                if (event >= 0) {
                    LibC.close(event);
                }
            }
        }
    }

    @Override
    public long portId() {
        return portId;
    }

    @Override
    public ByteOrder order() {
        return ByteOrder.nativeOrder();
    }

    @Override
    public void send(ByteBuffer datagram) throws NetlinkException {
        int length = datagram.remaining();
        enter("send");
        try {
            while (true) {
                if (outbound.send(fd, datagram) >= 0) {
                    return;
                }
                Errno errno = Machine.errno();
                if (errno.number() == EAGAIN) {
                    // Bounded, so that close need not wake it.
                    Waiter.awaitWritable(fd, SEND_POLL_NANOS);
                    if (gate.closed()) {
                        throw closed("send");
                    }
                } else if (errno.number() != EINTR) {
                    throw sendFailed(length, errno);
                }
            }
        } finally {
            gate.leave();
        }
    }

    private SystemCallException sendFailed(int length, Errno errno) throws NetlinkException {
        String cure = null;
        if (errno.equals(Errno.EMSGSIZE)) {
            int buffer = Descriptor.get(fd, SocketOption.SEND_BUFFER);
            cure = "a datagram must fit the send buffer less 32 bytes, which is " + buffer
                    + ": raise SEND_BUFFER, or send it in parts";
        }
        return new SystemCallException("send " + length + " bytes to the kernel", errno, cure);
    }

    @Override
    public int receive(DatagramBatch batch, long timeoutNanos) throws NetlinkException {
        if (!receiving.compareAndSet(false, true)) {
            throw new IllegalStateException("another thread is receiving from this socket; only one may at a time");
        }
        try {
            batch.clear();
            if (!gate.enter()) {
                return -1;
            }
            try {
                return receiveOrWait(batch, slots(batch), timeoutNanos);
            } finally {
                gate.leave();
            }
        } finally {
            Reference.reachabilityFence(batch);
            receiving.setRelease(false);
        }
    }

    private int receiveOrWait(DatagramBatch batch, ReceiveSlots slots, long timeoutNanos) throws NetlinkException {
        if (wakeupTaken()) {
            return 0;
        }
        long deadline = timeoutNanos > 0 ? System.nanoTime() + timeoutNanos : 0;
        long left = timeoutNanos;
        boolean waited = false;
        boolean look = moreLikely || timeoutNanos == 0;
        while (true) {
            if (look && collect(batch, slots, Abi.MSG_DONTWAIT)) {
                return batch.count();
            }
            // All available datagrams were received, or came from foreign senders.
            if (timeoutNanos == 0 || batch.overrun()) {
                return 0;
            }
            if (waited && timeoutNanos > 0) {
                left = deadline - System.nanoTime();
                if (left <= 0) {
                    return 0;
                }
            }
            waited = true;
            if (sleeps && (left < 0 || left >= SLEEP_NANOS) && !VirtualThreads.current()) {
                look = false;
                if (sleep(batch, slots, left)) {
                    return batch.count();
                }
            } else {
                look = poll(left);
            }
            if (gate.closed()) {
                return -1;
            }
            if (wakeupTaken()) {
                return 0;
            }
        }
    }

    /** Waits exactly; returns whether there is data on the socket. */
    private boolean poll(long nanos) throws NetlinkException {
        int found = VirtualThreads.current() ? VirtualThreads.await(waiter::await, nanos) : waiter.await(nanos);
        if ((found & Waiter.EVENT) != 0) {
            // Drains the eventfd first and then checks the flags: a wakeup or close in between is noticed by one or the
            // other, because both write to the eventfd last.
            waiter.drainEvent();
        }
        return (found & Waiter.SOCKET) != 0;
    }

    /** Sleeps in the receive, for a slice of the time; returns whether there are datagrams in the batch. */
    private boolean sleep(DatagramBatch batch, ReceiveSlots slots, long nanos) throws NetlinkException {
        long slice = nanos < 0 ? SLICES : Math.min(SLICES, nanos / SLEEP_NANOS);
        if (slice != sleepSlice) {
            Descriptor.setSleep(fd, slice * SLEEP_MILLIS);
            sleepSlice = slice;
        }
        nudge.fallAsleep();
        try {
            return !wakeup.get() && !gate.closed() && collect(batch, slots, Abi.MSG_WAITFORONE);
        } finally {
            nudge.awake();
        }
    }

    /** Reads until the batch contains datagrams of the kernel, or none are left; returns whether there are any. */
    private boolean collect(DatagramBatch batch, ReceiveSlots slots, int firstFlags) throws NetlinkException {
        int flags = firstFlags;
        while (true) {
            int most = density.ask(slots.count());
            long nudges = nudge.done();
            int count = foreignSenders.receive(fd, slots, most, flags);
            boolean slept = flags != Abi.MSG_DONTWAIT;
            flags = Abi.MSG_DONTWAIT;
            if (count < 0) {
                int errno = Machine.errnoNumber();
                if (errno == ENOBUFS) {
                    batch.markOverrun();
                    density.crowded();
                } else if (errno == EAGAIN) {
                    moreLikely = false;
                    nudge.empty(nudges);
                    return false;
                } else if (errno != EINTR) {
                    throw new SystemCallException("recvmmsg", Errno.of(errno), null);
                } else if (slept) {
                    return false;
                }
                continue;
            }
            batch.receivedAt(waiter.wallClock());
            density.came(most, count);
            boolean all = most == slots.count();
            // Fewer than fit: nothing was left, so another call is not needed.
            moreLikely = all && count == most;
            addFromKernel(batch, slots, count);
            if (all && count < most) {
                nudge.empty(nudges);
            }
            if (batch.count() > 0) {
                return true;
            }
            if (all && !moreLikely) {
                return false;
            }
        }
    }

    /** Adds received datagrams to the batch, except those that are not the kernel's messages to the session. */
    private void addFromKernel(DatagramBatch batch, ReceiveSlots slots, int count) {
        boolean nudges = nudge.expected();
        for (int slot = 0; slot < count; slot++) {
            if (!slots.fromKernel(slot)) {
                foreignSenders.count();
                density.crowded();
            } else if (nudges && nudge.takes(batch.buffer(), batch.slotOffset(slot), slots.length(slot))) {
                density.crowded();
            } else {
                batch.add(slot, slots.length(slot), slots.truncated(slot));
            }
        }
    }

    private ReceiveSlots slots(DatagramBatch batch) {
        ReceiveSlots slots = lastSlots;
        if (slots == null || lastBatch != batch) {
            slots = known.get(batch);
            if (slots == null) {
                slots = new ReceiveSlots(batch);
                known.put(batch, slots);
            }
            lastBatch = batch;
            lastSlots = slots;
        }
        return slots;
    }

    private boolean wakeupTaken() {
        return wakeup.get() && wakeup.getAndSet(false);
    }

    @Override
    public void set(SocketOption option, int value) throws NetlinkException {
        enter("set " + option);
        try {
            if (option == SocketOption.NO_ENOBUFS) {
                sleeps = value != 0;
            }
            if (option == SocketOption.ADD_MEMBERSHIP) {
                foreignSenders.mayCome(fd, nudge);
            }
            Descriptor.set(fd, option, value);
        } finally {
            gate.leave();
        }
    }

    @Override
    public int get(SocketOption option) throws NetlinkException {
        enter("get " + option);
        try {
            return Descriptor.get(fd, option);
        } finally {
            gate.leave();
        }
    }

    @Override
    public void filter(@Nullable EventFilter filter) throws NetlinkException {
        enter("set a filter");
        try {
            Descriptor.filter(fd, filter);
        } finally {
            gate.leave();
        }
    }

    @Override
    public long drops() {
        if (gate.enter()) {
            try {
                readDrops();
            } finally {
                gate.leave();
            }
        }
        synchronized (counting) {
            return drops - nudge.lost();
        }
    }

    private void readDrops() {
        synchronized (counting) {
            long now = Descriptor.drops(fd);
            if (now >= 0) {
                // The kernel counts modulo 2³².
                drops += (now - dropsRead) & 0xffffffffL;
                dropsRead = now;
            }
        }
    }

    @Override
    public long foreign() {
        return foreignSenders.seen();
    }

    @Override
    public void wakeup() {
        if (!wakeup.getAndSet(true) && gate.enter()) {
            try {
                wakeReceive();
            } finally {
                gate.leave();
            }
        }
    }

    @Override
    public void close() {
        if (!gate.close()) {
            CallGate.await(freed);
            return;
        }
        try {
            wakeReceive();
            gate.awaitIdle();
            readDrops();
            outbound.forget();
        } finally {
            try {
                LibC.close(fd);
                LibC.close(event);
            } finally {
                freed.countDown();
            }
        }
    }

    /** Ends a receive's wait, whatever its kind. */
    private void wakeReceive() {
        waiter.signalEvent();
        nudge.wake(fd);
    }

    private void enter(String call) throws NetlinkException {
        if (!gate.enter()) {
            throw closed(call);
        }
    }

    private static SystemCallException closed(String call) {
        return new SystemCallException(call, Errno.EBADF, "the socket is closed");
    }

    /**
     * A description of the socket, for logs.
     *
     * @return text such as {@code netlink socket, port id 4711}
     */
    @Override
    public String toString() {
        return "netlink socket, port id " + portId + (gate.closed() ? " (closed)" : "");
    }
}
