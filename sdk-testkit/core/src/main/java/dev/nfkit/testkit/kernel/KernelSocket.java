// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.EscapeListener;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.testkit.message.Datagrams;
import dev.nfkit.testkit.socket.MemorySocket;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket in memory, opened by a kernel: what it receives, what is lost, its options and groups. Safe for
 * any number of threads, by the socket's rules; some methods require the clock's lock.
 */
public final class KernelSocket extends MemorySocket {
    private static final int SEND_OVERHEAD = 32;
    /** The number of groups that {@code netlink_kernel_create} gives every protocol, at least. */
    private static final int MULTICAST_GROUPS = 32;

    /** What happens at the socket, which its kernel handles. All of it requires the clock's lock. */
    interface Owner {
        /** Receives a datagram from a socket. */
        void transmitted(KernelSocket socket, byte[] datagram);

        /** Releases what a closed socket owned. */
        void closed(KernelSocket socket);

        /** Receives the views that are used after their callback; null if they are not watched. */
        @Nullable
        EscapeListener escapes();
    }

    private enum Kind {
        DATAGRAM,
        TRUNCATED,
        FOREIGN,
        OVERRUN,
        HOLD,
        FAILURE,
        END
    }

    /** One position of the queue. */
    private record Item(
            Kind kind,
            Bytes bytes,
            int charge,
            @Nullable Errno errno,
            @Nullable String name) {
        static Item of(Kind kind) {
            return new Item(kind, new BytesView(), 0, null, null);
        }

        static Item of(Kind kind, Bytes bytes, int charge) {
            return new Item(kind, bytes, charge, null, null);
        }
    }

    private final Owner owner;
    private final KernelProperties properties;
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

    KernelSocket(Owner owner, ModelClock clock, KernelProperties properties, long portId, ByteOrder order) {
        super(clock, portId);
        this.owner = owner;
        this.properties = properties;
        this.order = order;
    }

    @Override
    public ByteOrder order() {
        return order;
    }

    /** The clock that it follows. */
    public ModelClock clock() {
        return clock;
    }

    /**
     * Delivers a datagram, as the kernel does. If the receive buffer is full, the datagram is lost and counted. If the
     * socket's filter rejects it, it is discarded.
     *
     * @return whether it was delivered or rejected by the filter: its sender cannot distinguish these
     */
    public boolean deliver(Bytes datagram) {
        return changing(() -> !admits(datagram) || enqueue(Kind.DATAGRAM, datagram));
    }

    /** Delivers the contents of a writer as one datagram. */
    public boolean deliver(MessageWriter writer) {
        return deliver(Bytes.of(Datagrams.bytes(writer)));
    }

    /** Delivers a datagram whose end is missing. Returns whether the receive buffer had space. */
    public boolean deliverTruncated(Bytes datagram) {
        return changing(() -> enqueue(Kind.TRUNCATED, datagram));
    }

    /** Delivers a datagram whose sender is not the kernel, as {@link #deliver(Bytes)} does. */
    public boolean deliverForeign(Bytes datagram) {
        return changing(() -> !admits(datagram) || enqueue(Kind.FOREIGN, datagram));
    }

    /** Loses datagrams at this position. Returns false if the socket is closed. */
    public boolean overrun(int lost) {
        return changing(() -> {
            receiveBuffer.count(lost);
            return queue.add(Item.of(Kind.OVERRUN));
        });
    }

    /** Holds back everything that is added later. Returns false if the socket is closed. */
    public boolean hold(String name) {
        return changing(() -> queue.add(new Item(Kind.HOLD, new BytesView(), 0, null, name)));
    }

    /** Lets the receive at this position fail. Returns false if the socket is closed. */
    public boolean failReceive(Errno errno) {
        return changing(() -> queue.add(new Item(Kind.FAILURE, new BytesView(), 0, errno, null)));
    }

    /** Lets the next send fail. Returns false if the socket is closed. */
    public boolean failSend(Errno errno) {
        return changing(() -> sendFailures.add(errno));
    }

    /** Ends the stream at this position. Returns false if the socket is closed. */
    public boolean end() {
        return changing(() -> queue.add(Item.of(Kind.END)));
    }

    /** Interrupts the receive in progress, which only ends its wait early. Returns false if the socket is closed. */
    public boolean interrupt() {
        return changing(() -> true);
    }

    /** Makes a change on an open socket, which receivers notice; false if the socket is closed. */
    private boolean changing(BooleanSupplier change) {
        return clock.locked(() -> {
            boolean done = !closed() && change.getAsBoolean();
            clock.changed();
            return done;
        });
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

    private boolean enqueue(Kind kind, Bytes datagram) {
        return enqueue(kind, datagram, ReceiveBuffer.charge(datagram.length()));
    }

    private boolean enqueue(Kind kind, Bytes datagram, int charge) {
        return receiveBuffer.admit(charge) && queue.add(Item.of(kind, datagram, charge));
    }

    /**
     * Begins a dump. Its first datagram is delivered at once, the others as space permits; requires the lock.
     *
     * @return true
     * @throws Refused with EBUSY if one is in progress
     */
    public boolean dump(KernelDump begun) throws Refused {
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
        queue.add(Item.of(Kind.DATAGRAM, Bytes.of(datagram), charge));
        clock.changed();
    }

    /** Delivers a datagram for which the kernel allocated memory before its length was known; requires the lock. */
    public boolean deliverAllocated(byte[] datagram, int allocated) {
        Bytes bytes = Bytes.of(datagram);
        int charge = ReceiveBuffer.charge(Math.max(allocated, datagram.length), datagram.length);
        boolean fits = !closed() && (!admits(bytes) || enqueue(Kind.DATAGRAM, bytes, charge));
        clock.changed();
        return fits;
    }

    /** Releases what is held back by a name, now or once it is reached. */
    public void release(String name) {
        clock.locked(() -> {
            released.add(name);
            clock.changed();
        });
    }

    /** The number of datagrams and other items that were not received yet. */
    public int pending() {
        return clock.locked(queue::size);
    }

    /** Whether it is closed. */
    public boolean isClosed() {
        return clock.locked(() -> closed());
    }

    @Override
    protected int take(DatagramBatch batch) throws NetlinkException {
        if (receiveBuffer.takeError()) {
            batch.markOverrun();
        }
        batch.strict(owner.escapes());
        largestSlot = Math.max(largestSlot, batch.slotSize());
        for (Item item = queue.peek(); item != null && batch.count() < batch.slots(); item = queue.peek()) {
            if (item.kind() == Kind.END) {
                return batch.count() == 0 && !batch.overrun() ? -1 : batch.count();
            }
            if (!receive(item, batch)) {
                break;
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

    /** Receives an item, or returns false if the batch ends before it. */
    private boolean receive(Item item, DatagramBatch batch) throws NetlinkException {
        switch (item.kind()) {
            case DATAGRAM, TRUNCATED -> put(batch, item.bytes(), item.kind() == Kind.TRUNCATED);
            case FOREIGN -> foreign++;
            case HOLD -> {
                return released.contains(item.name());
            }
            case OVERRUN -> {
                if (!receiveBuffer.quiet()) {
                    if (batch.count() > 0) {
                        return false;
                    }
                    batch.markOverrun();
                }
            }
            case FAILURE -> {
                if (batch.count() > 0 || batch.overrun()) {
                    return false;
                }
                queue.poll();
                throw new SystemCallException("recvmmsg", Objects.requireNonNull(item.errno()), null);
            }
            case END -> throw new IllegalStateException("an end is not received");
        }
        return true;
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
    protected void transmit(byte[] datagram) throws NetlinkException {
        Errno failure = sendFailures.poll();
        if (failure != null) {
            throw new SystemCallException("send(" + datagram.length + " bytes)", failure, null);
        }
        owner.transmitted(this, datagram);
    }

    @Override
    protected int sendLimit() {
        return sendBuffer - SEND_OVERHEAD;
    }

    @Override
    protected void freed() {
        queue.clear();
        owner.closed(this);
    }

    @Override
    public void set(SocketOption option, int value) throws NetlinkException {
        option.requireValid(value);
        clock.locked(() -> {
            requireOpen("setsockopt(" + option + ")");
            switch (option) {
                case RECEIVE_BUFFER -> receiveBuffer.size(properties.receiveBufferReached(value));
                case SEND_BUFFER -> sendBuffer = properties.sendBufferReached(value);
                case NO_ENOBUFS -> receiveBuffer.quiet(value != 0);
                case EXT_ACK, CAP_ACK -> switches.put(option, value);
                case ADD_MEMBERSHIP, DROP_MEMBERSHIP -> membership(option, value);
            }
            clock.changed();
        });
    }

    private void membership(SocketOption option, int group) throws SystemCallException {
        Errno refusal = properties.denied() ? Errno.EPERM : group > MULTICAST_GROUPS ? Errno.EINVAL : null;
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
    public boolean listensTo(int group) {
        return !closed() && groups.contains(group);
    }

    @Override
    public int get(SocketOption option) throws NetlinkException {
        option.requireReadable();
        return clock.locked(() -> {
            requireOpen("getsockopt(" + option + ")");
            return switch (option) {
                case RECEIVE_BUFFER -> (int) receiveBuffer.size();
                case SEND_BUFFER -> sendBuffer;
                case NO_ENOBUFS -> receiveBuffer.quiet() ? 1 : 0;
                default -> switches.getOrDefault(option, 0);
            };
        });
    }

    /** Whether an option is on; requires the lock. */
    boolean on(SocketOption option) {
        return switches.getOrDefault(option, 0) != 0;
    }

    @Override
    public long drops() {
        return clock.locked(receiveBuffer::drops);
    }

    @Override
    public long foreign() {
        return clock.locked(() -> foreign);
    }
}
