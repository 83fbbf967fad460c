package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.NetAdmin;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket in memory, opened by a {@link FakeNetfilter}. The code under test uses it as a socket; the test
 * controls it through the methods that take the place of a kernel. Safe for any number of threads, by the socket's
 * rules.
 */
public final class FakeNetlinkSocket extends MemorySocket {
    private static final int SEND_OVERHEAD = 32;
    /** The number of groups that {@code netlink_kernel_create} gives every protocol, at least. */
    private static final int MULTICAST_GROUPS = 32;

    private record Item(SocketEffect effect, int charge) {}

    private final FakeNetfilter transport;
    private final ByteOrder order;
    private final Deque<Item> queue = new ArrayDeque<>();
    private final Deque<Errno> sendFailures = new ArrayDeque<>();
    private final Set<String> released = new HashSet<>();
    private final ReceiveBuffer receiveBuffer = new ReceiveBuffer();
    private final Map<SocketOption, Integer> switches = new EnumMap<>(SocketOption.class);
    private final Set<Integer> groups = new HashSet<>();
    private @Nullable KernelDump dump;
    private int largestSlot;
    private int sendBuffer = 212_992;
    private long foreign;

    FakeNetlinkSocket(FakeNetfilter transport, long portId, ByteOrder order) {
        super(transport.clock(), portId);
        this.transport = transport;
        this.order = order;
    }

    @Override
    public ByteOrder order() {
        return order;
    }

    /**
     * Delivers a datagram, as the kernel does. If the receive buffer is full, the datagram is lost and counted. If the
     * socket's filter rejects it, it is discarded.
     *
     * @param datagram its bytes
     * @return whether it was delivered or rejected by the filter: its sender cannot distinguish these
     */
    public boolean deliver(byte... datagram) {
        return effect(new SocketEffect.Datagram(Bytes.of(datagram)));
    }

    /**
     * Delivers the contents of a writer as one datagram, as the kernel does.
     *
     * @param writer a writer whose last message is complete
     * @return whether it was delivered or rejected by the filter
     */
    public boolean deliver(MessageWriter writer) {
        return deliver(Datagrams.bytes(writer));
    }

    /**
     * Appends an effect to the socket's queue.
     *
     * @param effect the effect
     * @return false if it was a datagram for which the receive buffer has no space, or if the socket is closed
     */
    public boolean effect(SocketEffect effect) {
        clock.lock().lock();
        try {
            return accept(effect);
        } finally {
            clock.changed();
            clock.lock().unlock();
        }
    }

    private boolean accept(SocketEffect effect) {
        if (closed()) {
            return false;
        }
        if (effect instanceof SocketEffect.Datagram datagram) {
            return !admits(datagram.bytes())
                    || enqueue(effect, ReceiveBuffer.charge(datagram.bytes().length()));
        }
        if (effect instanceof SocketEffect.Truncated cut) {
            return enqueue(effect, ReceiveBuffer.charge(cut.bytes().length()));
        }
        if (effect instanceof SocketEffect.Foreign foreign) {
            return !admits(foreign.bytes())
                    || enqueue(effect, ReceiveBuffer.charge(foreign.bytes().length()));
        }
        if (effect instanceof SocketEffect.SendFailure failure) {
            sendFailures.add(failure.errno());
        } else if (effect instanceof SocketEffect.Overrun overrun) {
            receiveBuffer.count(overrun.lost());
            queue.add(new Item(effect, 0));
        } else if (!(effect instanceof SocketEffect.Interrupted)) {
            // An interruption only ends a wait early: every change does.
            queue.add(new Item(effect, 0));
        }
        return true;
    }

    /** Whether the filter accepts a datagram. The filter sees its first message ({@code sk_filter}). */
    private boolean admits(Bytes datagram) {
        EventFilter filter = filter();
        if (filter == null) {
            return true;
        }
        MessageCursor message = new MessageCursor().wrap(datagram.toByteBuffer(), 0, datagram.length(), order);
        try {
            return !message.next() || filter.matches(message);
        } catch (MalformedMessageException e) {
            // The kernel sends no such datagram; a test that does expects it to arrive.
            return true;
        }
    }

    private boolean enqueue(SocketEffect effect, int charge) {
        if (!receiveBuffer.admit(charge)) {
            return false;
        }
        queue.add(new Item(effect, charge));
        return true;
    }

    /**
     * Begins a dump. Its first datagram is delivered at once, the others as space permits; requires the lock.
     *
     * @return true
     * @throws Refused with EBUSY if one is in progress
     */
    boolean dump(KernelDump begun) throws Refused {
        if (dump != null) {
            throw new Refused(Errno.EBUSY);
        }
        dump = begun;
        goOnDumping();
        return true;
    }

    private void goOnDumping() {
        if (dump != null && !dump.step(largestSlot)) {
            dump = null;
        }
    }

    /** Delivers a datagram of a dump, which waits for space instead of being lost; requires the lock. */
    void deliverDumped(byte[] datagram, int charge) {
        receiveBuffer.take(charge);
        queue.add(new Item(new SocketEffect.Datagram(Bytes.of(datagram)), charge));
        clock.changed();
    }

    /** Delivers a datagram for which the kernel allocated memory before its length was known; requires the lock. */
    boolean deliverAllocated(byte[] datagram, int allocated) {
        SocketEffect.Datagram effect = new SocketEffect.Datagram(Bytes.of(datagram));
        int charge = ReceiveBuffer.charge(Math.max(allocated, datagram.length), datagram.length);
        boolean fits = !closed() && (!admits(effect.bytes()) || enqueue(effect, charge));
        clock.changed();
        return fits;
    }

    /**
     * Releases the effects after a {@link SocketEffect.Hold}, now or once it is reached.
     *
     * @param name the hold's name
     */
    public void release(String name) {
        clock.lock().lock();
        try {
            released.add(name);
            clock.changed();
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Returns the number of datagrams and other effects that were not received yet.
     *
     * @return a count; 0 on a closed socket
     */
    public int pending() {
        clock.lock().lock();
        try {
            return queue.size();
        } finally {
            clock.lock().unlock();
        }
    }

    /**
     * Returns whether the socket is closed.
     *
     * @return whether close was called
     */
    public boolean isClosed() {
        clock.lock().lock();
        try {
            return closed();
        } finally {
            clock.lock().unlock();
        }
    }

    @Override
    int take(DatagramBatch batch) throws NetlinkException {
        if (receiveBuffer.takeError()) {
            batch.markOverrun();
        }
        batch.strict(transport.escapes());
        largestSlot = Math.max(largestSlot, batch.slotSize());
        while (batch.count() < batch.slots() && !queue.isEmpty()) {
            Item item = queue.peek();
            SocketEffect effect = item.effect();
            boolean first = batch.count() == 0;
            if (effect instanceof SocketEffect.Hold hold) {
                if (!released.contains(hold.name())) {
                    break;
                }
            } else if (effect instanceof SocketEffect.EndOfStream) {
                return first && !batch.overrun() ? -1 : batch.count();
            } else if (effect instanceof SocketEffect.Overrun) {
                if (!receiveBuffer.quiet()) {
                    if (!first) {
                        break;
                    }
                    batch.markOverrun();
                }
            } else if (effect instanceof SocketEffect.ReceiveFailure failure) {
                if (!first || batch.overrun()) {
                    break;
                }
                queue.poll();
                throw new SystemCallException("recvmmsg", failure.errno(), null);
            } else if (effect instanceof SocketEffect.Datagram datagram) {
                put(batch, datagram.bytes(), false);
            } else if (effect instanceof SocketEffect.Truncated cut) {
                put(batch, cut.bytes(), true);
            } else if (effect instanceof SocketEffect.Foreign) {
                foreign++;
            }
            queue.poll();
            receiveBuffer.free(item.charge());
            if (receiveBuffer.halfFree()) {
                goOnDumping();
            }
        }
        batch.receivedAt(clock.epochNanos());
        return batch.count();
    }

    private static void put(DatagramBatch batch, Bytes bytes, boolean cut) {
        int slot = batch.count();
        int kept = Math.min(bytes.length(), batch.slotSize());
        ByteBuffer target = batch.buffer().duplicate();
        target.position(batch.slotOffset(slot));
        bytes.slice(0, kept).copyTo(target);
        batch.add(slot, bytes.length(), cut);
    }

    @Override
    void transmit(byte[] datagram) throws NetlinkException {
        Errno failure = sendFailures.poll();
        if (failure != null) {
            throw new SystemCallException("send(" + datagram.length + " bytes)", failure, null);
        }
        transport.transmitted(this, datagram);
    }

    @Override
    int sendLimit() {
        return sendBuffer - SEND_OVERHEAD;
    }

    @Override
    void freed() {
        queue.clear();
        transport.closed(this);
    }

    @Override
    public void set(SocketOption option, int value) throws NetlinkException {
        option.requireValid(value);
        clock.lock().lock();
        try {
            requireOpen("setsockopt(" + option + ")");
            switch (option) {
                case RECEIVE_BUFFER -> receiveBuffer.size(transport.kernel().receiveBufferReached(value));
                case SEND_BUFFER -> sendBuffer = transport.kernel().sendBufferReached(value);
                case NO_ENOBUFS -> receiveBuffer.quiet(value != 0);
                case EXT_ACK, CAP_ACK -> switches.put(option, value);
                case ADD_MEMBERSHIP, DROP_MEMBERSHIP -> membership(option, value);
            }
            clock.changed();
        } finally {
            clock.lock().unlock();
        }
    }

    private void membership(SocketOption option, int group) throws SystemCallException {
        Errno refusal = transport.kernel().netAdmin() != NetAdmin.HELD
                ? Errno.EPERM
                : group > MULTICAST_GROUPS ? Errno.EINVAL : null;
        if (refusal != null) {
            throw new SystemCallException("setsockopt(" + option + ", " + group + ")", refusal, null);
        }
        if (option == SocketOption.ADD_MEMBERSHIP) {
            groups.add(group);
        } else {
            groups.remove(group);
        }
    }

    /** Whether it is in a multicast group; requires the lock. */
    boolean listensTo(int group) {
        return !closed() && groups.contains(group);
    }

    @Override
    public int get(SocketOption option) throws NetlinkException {
        option.requireReadable();
        clock.lock().lock();
        try {
            requireOpen("getsockopt(" + option + ")");
            return switch (option) {
                case RECEIVE_BUFFER -> (int) receiveBuffer.size();
                case SEND_BUFFER -> sendBuffer;
                case NO_ENOBUFS -> receiveBuffer.quiet() ? 1 : 0;
                default -> switches.getOrDefault(option, 0);
            };
        } finally {
            clock.lock().unlock();
        }
    }

    /** Whether an option is on; requires the lock. */
    boolean on(SocketOption option) {
        return switches.getOrDefault(option, 0) != 0;
    }

    @Override
    public long drops() {
        clock.lock().lock();
        try {
            return receiveBuffer.drops();
        } finally {
            clock.lock().unlock();
        }
    }

    @Override
    public long foreign() {
        clock.lock().lock();
        try {
            return foreign;
        } finally {
            clock.lock().unlock();
        }
    }
}
