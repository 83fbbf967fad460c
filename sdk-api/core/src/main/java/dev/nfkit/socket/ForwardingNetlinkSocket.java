// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.NetlinkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A socket that forwards all calls to another one: the base of sockets that record, disturb or control what passes. A
 * subclass overrides the calls that it changes. Threads and errors are those of the other socket.
 */
public abstract class ForwardingNetlinkSocket implements NetlinkSocket {
    private final NetlinkSocket delegate;

    /**
     * Creates a socket that forwards to another one.
     *
     * @param delegate the other socket, which is closed with this one
     */
    protected ForwardingNetlinkSocket(NetlinkSocket delegate) {
        this.delegate = delegate;
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
        delegate.send(datagram);
    }

    @Override
    public int receive(DatagramBatch batch, long timeoutNanos) throws NetlinkException {
        return delegate.receive(batch, timeoutNanos);
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
        delegate.close();
    }
}
