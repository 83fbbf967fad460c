package dev.nfkit.trace;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.SocketOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** A socket that is recorded. */
final class RecordingSocket implements NetlinkSocket {
    private final NetlinkSocket delegate;
    private final Recorder recorder;
    private final int protocol;

    RecordingSocket(NetlinkSocket delegate, Recorder recorder, int protocol) {
        this.delegate = delegate;
        this.recorder = recorder;
        this.protocol = protocol;
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
        recorder.sending(protocol, datagram);
        try {
            delegate.send(datagram);
        } catch (NetlinkException e) {
            recorder.note(protocol, "the datagram was not sent: " + e.getMessage());
            throw e;
        }
    }

    @Override
    public int receive(DatagramBatch batch, long timeoutNanos) throws NetlinkException {
        int count = delegate.receive(batch, timeoutNanos);
        recorder.received(protocol, batch, count);
        return count;
    }

    @Override
    public void set(SocketOption option, int value) throws NetlinkException {
        delegate.set(option, value);
    }

    @Override
    public int get(SocketOption option) throws NetlinkException {
        return delegate.get(option);
    }

    @Override
    public void filter(@Nullable EventFilter filter) throws NetlinkException {
        delegate.filter(filter);
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
            recorder.flush();
        }
    }
}
