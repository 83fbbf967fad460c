package dev.nfkit.trace;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.SocketOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A socket that is recorded. */
final class RecordingSocket implements NetlinkSocket {
    private final NetlinkSocket delegate;
    private final RecordedSocket record;
    private final LongSupplier drops;

    RecordingSocket(NetlinkSocket delegate, RecordedSocket record) {
        this.delegate = delegate;
        this.record = record;
        this.drops = delegate::drops;
    }

    @Override
    public long portId() {
        return delegate.portId();
    }

    @Override
    public ByteOrder order() {
        return delegate.order();
    }

    @Override
    public void send(ByteBuffer datagram) throws NetlinkException {
        record.sending(datagram);
        try {
            delegate.send(datagram);
        } catch (NetlinkException | RuntimeException | Error e) {
            record.notSent(e);
            throw e;
        }
    }

    @Override
    public int receive(DatagramBatch batch, long timeoutNanos) throws NetlinkException {
        int count = delegate.receive(batch, timeoutNanos);
        record.received(batch, count, drops);
        return count;
    }

    @Override
    public void set(SocketOption option, int value) throws NetlinkException {
        delegate.set(option, value);
        record.note("set " + option + " to " + value);
    }

    @Override
    public int get(SocketOption option) throws NetlinkException {
        return delegate.get(option);
    }

    @Override
    public void filter(@Nullable EventFilter filter) throws NetlinkException {
        delegate.filter(filter);
        record.note(filter == null ? "no filter" : "filter " + filter);
    }

    @Override
    public long drops() {
        return delegate.drops();
    }

    @Override
    public long foreign() {
        return delegate.foreign();
    }

    @Override
    public void wakeup() {
        delegate.wakeup();
    }

    @Override
    public void close() {
        try {
            delegate.close();
        } finally {
            record.closed();
        }
    }
}
