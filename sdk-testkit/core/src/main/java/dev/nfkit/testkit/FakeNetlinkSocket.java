// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.socket.ForwardingNetlinkSocket;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.wire.MessageWriter;

/**
 * A netlink socket in memory, opened by a {@link FakeNetfilter}. The code under test uses it as a socket; the test
 * controls it through the methods that take the place of a kernel. Safe for any number of threads, by the socket's
 * rules.
 */
public final class FakeNetlinkSocket extends ForwardingNetlinkSocket {
    private final KernelSocket socket;

    FakeNetlinkSocket(KernelSocket socket) {
        super(socket);
        this.socket = socket;
    }

    /**
     * Delivers a datagram, as the kernel does. If the receive buffer is full, the datagram is lost and counted. If the
     * socket's filter rejects it, it is discarded.
     *
     * @param datagram its bytes
     * @return whether it was delivered or rejected by the filter: its sender cannot distinguish these
     */
    public boolean deliver(byte... datagram) {
        return socket.deliver(Bytes.of(datagram.clone()));
    }

    /**
     * Delivers the contents of a writer as one datagram, as the kernel does.
     *
     * @param writer a writer whose last message is complete
     * @return whether it was delivered or rejected by the filter
     */
    public boolean deliver(MessageWriter writer) {
        return socket.deliver(writer);
    }

    /**
     * Appends an effect to the socket's queue.
     *
     * @param effect the effect
     * @return false if it was a datagram for which the receive buffer has no space, or if the socket is closed
     */
    public boolean effect(SocketEffect effect) {
        if (effect instanceof SocketEffect.Datagram datagram) {
            return socket.deliver(datagram.bytes());
        } else if (effect instanceof SocketEffect.Truncated cut) {
            return socket.deliverTruncated(cut.bytes());
        } else if (effect instanceof SocketEffect.Foreign foreign) {
            return socket.deliverForeign(foreign.bytes());
        } else if (effect instanceof SocketEffect.Overrun overrun) {
            return socket.overrun(overrun.lost());
        } else if (effect instanceof SocketEffect.Hold hold) {
            return socket.hold(hold.name());
        } else if (effect instanceof SocketEffect.ReceiveFailure failure) {
            return socket.failReceive(failure.errno());
        } else if (effect instanceof SocketEffect.SendFailure failure) {
            return socket.failSend(failure.errno());
        } else if (effect instanceof SocketEffect.EndOfStream) {
            return socket.end();
        }
        return socket.interrupt();
    }

    /**
     * Releases the effects after a {@link SocketEffect.Hold}, now or once it is reached.
     *
     * @param name the hold's name
     */
    public void release(String name) {
        socket.release(name);
    }

    /**
     * Returns the number of datagrams and other effects that were not received yet.
     *
     * @return a count; 0 on a closed socket
     */
    public int pending() {
        return socket.pending();
    }

    /**
     * Returns whether the socket is closed.
     *
     * @return whether close was called
     */
    public boolean isClosed() {
        return socket.isClosed();
    }
}
