// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.Refusal;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.Loan;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.MessageCursor;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Requests about the entries of a table over one socket, with refusals that name the cause. */
public final class TableRequests implements AutoCloseable {
    /** A dump's datagrams have 32 KiB at most ({@code netlink_dump} in {@code af_netlink.c}). */
    private static final int PART = 32 * 1024;

    private static final int REQUEST = 4096;

    private final NetlinkTransport transport;
    private final Exchange exchange;
    private final String table;

    private TableRequests(NetlinkTransport transport, Exchange exchange, String table) {
        this.transport = transport;
        this.exchange = exchange;
        this.table = table;
    }

    /**
     * Opens a socket.
     *
     * @param transport the network namespace
     * @param table the table in words, for errors
     * @param parts the number of datagrams of an answer to receive at a time
     * @return the requests; the caller closes them
     * @throws NetlinkException if the socket cannot be opened
     */
    public static TableRequests open(NetlinkTransport transport, String table, int parts) throws NetlinkException {
        return SocketSetup.open(transport, socket -> {
            SocketSetup.explainRefusals(socket);
            return new TableRequests(
                    transport, new Exchange(transport, socket, new DatagramBatch(parts, PART), REQUEST), table);
        });
    }

    /**
     * Begins the loan of an entry to a callback, if views are strict.
     *
     * @return the loan; null if views are not strict
     */
    public @Nullable Loan lend() {
        return exchange.lend("entry");
    }

    /**
     * Sends a first request, which detects missing privileges or missing support. A kernel that has the table's
     * interface as a module loads it.
     *
     * @param what the request in words
     * @param type its {@code nlmsg_type}
     * @param unsupported the explanation if the kernel does not know the request
     * @throws KernelRefusedException if the kernel refuses it
     * @throws NetlinkException if the socket fails
     */
    public void probe(String what, int type, String unsupported) throws NetlinkException {
        try {
            send(what, type, 0, writer -> writer.nfgenmsg(0, 0));
        } catch (KernelRefusedException e) {
            if (e.errno().equals(Errno.EINVAL) || e.errno().equals(Errno.EOPNOTSUPP)) {
                throw e.explained(Refusal.NOT_SUPPORTED, unsupported);
            }
            throw e;
        }
    }

    /**
     * Sends a request and waits for the answer.
     *
     * @param what the request in words
     * @param type its {@code nlmsg_type}
     * @param flags as {@link Exchange#ask}
     * @param body writes the request
     * @param taker takes the messages of the answer
     * @return whether the answer was interrupted
     * @throws KernelRefusedException if the kernel refuses it
     * @throws NetlinkException if the socket fails, or these requests are closed
     * @throws E as the taker throws
     * @param <E> what the taker may throw
     */
    public <E extends Exception> boolean ask(
            String what, int type, int flags, Exchange.Body body, Exchange.Taker<E> taker) throws NetlinkException, E {
        try {
            return exchange.ask(what, type, flags, body, taker);
        } catch (KernelRefusedException e) {
            throw explain(e);
        }
    }

    /**
     * Sends a request whose answer has no other content than success.
     *
     * @param what the request in words
     * @param type its {@code nlmsg_type}
     * @param flags as {@link Exchange#ask}
     * @param body writes the request
     * @throws KernelRefusedException if the kernel refuses it
     * @throws NetlinkException if the socket fails, or these requests are closed
     */
    public void send(String what, int type, int flags, Exchange.Body body) throws NetlinkException {
        this.<RuntimeException>ask(what, type, flags, body, TableRequests::ignore);
    }

    /**
     * As {@link #send}, for a request that names an entry.
     *
     * @param what the request in words
     * @param type its {@code nlmsg_type}
     * @param body writes the request
     * @return whether the entry existed
     * @throws KernelRefusedException if the kernel refuses it otherwise
     * @throws NetlinkException if the socket fails, or these requests are closed
     */
    public boolean sendIfThere(String what, int type, Exchange.Body body) throws NetlinkException {
        return askIfThere(what, type, body, TableRequests::ignore);
    }

    /**
     * Requests an entry.
     *
     * @param what the request in words
     * @param type its {@code nlmsg_type}
     * @param body writes the request
     * @param taker takes the entry's message
     * @return whether the entry existed
     * @throws KernelRefusedException if the kernel refuses it otherwise
     * @throws NetlinkException if the socket fails, or these requests are closed
     */
    public boolean askIfThere(String what, int type, Exchange.Body body, Exchange.Taker<RuntimeException> taker)
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

    private KernelRefusedException explain(KernelRefusedException refusal) {
        Errno errno = refusal.errno();
        if (errno.equals(Errno.ENOENT)) {
            return refusal.explained(Refusal.NOT_FOUND, "there is no such entry, or it no longer exists");
        }
        if (errno.equals(Errno.EEXIST)) {
            return refusal.explained(Refusal.EXISTS, "there is such an entry already, by one of its tuples");
        }
        if (errno.equals(Errno.EPERM)) {
            return Refusals.explain(refusal, table, OptionalLong.empty(), false, transport.kernel());
        }
        return refusal;
    }

    private static void ignore(MessageCursor message) {}

    /** Closes the socket: a request that waits fails. Any thread; idempotent. */
    @Override
    public void close() {
        exchange.close();
    }
}
