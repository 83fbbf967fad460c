package dev.nfkit.conntrack;

import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.Loan;
import dev.nfkit.NetlinkException;
import dev.nfkit.channel.Exchange;
import dev.nfkit.channel.Failures;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import org.jspecify.annotations.Nullable;

/** Requests about the table over one socket, with refusals that name the cause. */
final class TableRequests implements AutoCloseable {
    /** A dump's datagrams have 32 KiB at most ({@code netlink_dump} in {@code af_netlink.c}). */
    private static final int PART = 32 * 1024;

    private static final int REQUEST = 4096;

    private final NetlinkTransport transport;
    private final Exchange exchange;

    private TableRequests(NetlinkTransport transport, Exchange exchange) {
        this.transport = transport;
        this.exchange = exchange;
    }

    static TableRequests open(NetlinkTransport transport, int parts) throws NetlinkException {
        NetlinkSocket socket = transport.open(Netlink.NETLINK_NETFILTER);
        try {
            socket.set(SocketOption.EXT_ACK, 1);
            socket.set(SocketOption.CAP_ACK, 1);
            return new TableRequests(
                    transport, new Exchange(transport, socket, new DatagramBatch(parts, PART), REQUEST));
        } catch (Throwable e) {
            Failures.closeAfter(socket, e);
            throw e;
        }
    }

    /** The loan of an entry to a callback; null if views are not strict. */
    @Nullable
    Loan lend() {
        return exchange.lend("entry");
    }

    /** Sends a request and waits for the answer. Returns whether the answer was interrupted. */
    <E extends Exception> boolean ask(String what, int type, int flags, Exchange.Body body, Exchange.Taker<E> taker)
            throws NetlinkException, E {
        try {
            return exchange.ask(what, type, flags, body, taker);
        } catch (KernelRefusedException e) {
            throw ConntrackRequests.explain(e, transport.kernel());
        }
    }

    /** Sends a request that is answered only by an acknowledgement. */
    void send(String what, int type, int flags, Exchange.Body body) throws NetlinkException {
        this.<RuntimeException>ask(what, type, flags, body, TableRequests::ignore);
    }

    /** As {@link #send}. Returns whether the named entry existed. */
    boolean sendIfThere(String what, int type, Exchange.Body body) throws NetlinkException {
        return askIfThere(what, type, body, TableRequests::ignore);
    }

    /** Requests an entry. Returns whether it existed. */
    boolean askIfThere(String what, int type, Exchange.Body body, Exchange.Taker<RuntimeException> taker)
            throws NetlinkException {
        try {
            ask(what, type, 0, body, taker);
            return true;
        } catch (KernelRefusedException e) {
            if (e.errno().equals(Errno.ENOENT)) {
                return false;
            }
            throw e;
        }
    }

    private static void ignore(MessageCursor message) {}

    @Override
    public void close() {
        exchange.close();
    }
}
