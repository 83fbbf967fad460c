package dev.nfkit.testkit;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.SocketOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;

/** A netlink socket that a recording speaks through, opened by a {@link ReplayTransport}. */
public final class ReplaySocket extends MemorySocket {
    private static final int BUFFER = 212_992;
    private static final int SEND_OVERHEAD = 32;

    private final ByteOrder order;
    private final ReplayScript script;
    private final Map<SocketOption, Integer> options = new EnumMap<>(SocketOption.class);
    private long overruns;

    ReplaySocket(TestClock clock, long portId, ByteOrder order, ReplayScript script) {
        super(clock, portId);
        this.order = order;
        this.script = script;
    }

    ReplayScript script() {
        return script;
    }

    /** The byte order of headers: that of the recording. */
    @Override
    public ByteOrder order() {
        return order;
    }

    @Override
    int take(DatagramBatch batch) {
        batch.strict(true);
        long time = 0;
        for (ReplayScript.Step step = script.peek(portId()); step != null; step = script.peek(portId())) {
            if (batch.count() > 0 && (batch.count() == batch.slots() || step.epochNanos(clock) != time)) {
                break;
            }
            if (step.overrun()) {
                if (option(SocketOption.NO_ENOBUFS) == 0) {
                    if (batch.count() > 0) {
                        break;
                    }
                    batch.markOverrun();
                }
                overruns++;
            } else {
                time = step.epochNanos(clock);
                put(batch, step);
            }
            script.next();
        }
        batch.receivedAt(batch.count() == 0 ? clock.epochNanos() : time);
        return batch.count() == 0 && !batch.overrun() && script.ended() ? -1 : batch.count();
    }

    private static void put(DatagramBatch batch, ReplayScript.Step step) {
        int slot = batch.count();
        byte[] bytes = step.datagram();
        ByteBuffer buffer = batch.buffer();
        buffer.put(batch.slotOffset(slot), bytes, 0, Math.min(bytes.length, batch.slotSize()));
        batch.add(slot, bytes.length, step.truncated());
    }

    @Override
    void transmit(byte[] datagram) {
        script.sent(datagram, portId());
    }

    @Override
    int sendLimit() {
        return option(SocketOption.SEND_BUFFER) - SEND_OVERHEAD;
    }

    @Override
    void freed() {}

    private int option(SocketOption option) {
        boolean buffer = option == SocketOption.RECEIVE_BUFFER || option == SocketOption.SEND_BUFFER;
        return options.getOrDefault(option, buffer ? BUFFER : 0);
    }

    /** Sets an option. Buffers are granted as asked, and doubled as the kernel doubles them; nothing is lost by them. */
    @Override
    public void set(SocketOption option, int value) throws NetlinkException {
        option.requireValid(value);
        clock.lock().lock();
        try {
            requireOpen("setsockopt(" + option + ")");
            if (option == SocketOption.ADD_MEMBERSHIP || option == SocketOption.DROP_MEMBERSHIP) {
                script.member(value, option == SocketOption.ADD_MEMBERSHIP);
                return;
            }
            boolean buffer = option == SocketOption.RECEIVE_BUFFER || option == SocketOption.SEND_BUFFER;
            options.put(option, buffer ? 2 * Math.min(value, Integer.MAX_VALUE / 2) : value != 0 ? 1 : 0);
        } finally {
            clock.lock().unlock();
        }
    }

    @Override
    public int get(SocketOption option) throws NetlinkException {
        option.requireReadable();
        clock.lock().lock();
        try {
            requireOpen("getsockopt(" + option + ")");
            return option(option);
        } finally {
            clock.lock().unlock();
        }
    }

    /** How many overruns the recording has had so far; how many datagrams each lost it does not tell. */
    @Override
    public long drops() {
        clock.lock().lock();
        try {
            return overruns;
        } finally {
            clock.lock().unlock();
        }
    }

    /** None: a recording has no foreign senders. */
    @Override
    public long foreign() {
        return 0;
    }
}
