// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.ForwardingNetlinkSocket;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.SocketOption;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A socket that is recorded. */
final class RecordingSocket extends ForwardingNetlinkSocket {
    private final RecordedSocket record;
    private final LongSupplier drops;

    RecordingSocket(NetlinkSocket delegate, RecordedSocket record) {
        super(delegate);
        this.record = record;
        this.drops = delegate::drops;
    }

    @Override
    public void send(ByteBuffer datagram) throws NetlinkException {
        record.sending(datagram);
        try {
            super.send(datagram);
        } catch (NetlinkException | RuntimeException | Error e) {
            record.notSent(e);
            throw e;
        }
    }

    @Override
    public int receive(DatagramBatch batch, long timeoutNanos) throws NetlinkException {
        int count = super.receive(batch, timeoutNanos);
        record.received(batch, count, drops);
        return count;
    }

    @Override
    public void set(SocketOption option, int value) throws NetlinkException {
        super.set(option, value);
        record.note("set " + option + " to " + value);
    }

    @Override
    public void filter(@Nullable EventFilter filter) throws NetlinkException {
        super.filter(filter);
        record.note(filter == null ? "no filter" : "filter " + filter);
    }

    @Override
    public void close() {
        try {
            super.close();
        } finally {
            record.closed();
        }
    }
}
