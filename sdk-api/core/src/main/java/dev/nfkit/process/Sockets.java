// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.Refusal;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.packet.AddressText;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.process.RouteMessages.Route;
import dev.nfkit.process.SocketMessages.Ends;
import dev.nfkit.session.Exchange;
import dev.nfkit.session.Failures;
import dev.nfkit.session.Refusals;
import dev.nfkit.session.SocketSetup;
import dev.nfkit.socket.DatagramBatch;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.wire.Netlink;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The sockets of TCP and UDP in a network namespace: found by a tuple, and ended.
 *
 * <pre>{@code
 * try (Sockets sockets = Sockets.open(LinuxTransport.current())) {
 *     sockets.destroy(entry.original());
 * }
 * }</pre>
 *
 * <p>Safe for any number of threads; requests are executed one at a time. A request waits for the kernel's answer, at
 * most 5 seconds. Finding needs no capability, ending {@code CAP_NET_ADMIN} in the user namespace that owns the network
 * namespace.
 *
 * <p>The kernel finds a socket by its hash tables, so that the time does not depend on the number of sockets. A socket
 * that is bound to an interface is found if the route to its other end uses that interface.
 *
 * <p>Follows {@code inet_diag.c}, {@code udp_diag.c} and sock_diag(7).
 */
public final class Sockets implements AutoCloseable {
    private static final int PARTS = 2;
    /** A dump's datagrams have 32 KiB at most ({@code netlink_dump} in {@code af_netlink.c}). */
    private static final int PART = 32 * 1024;

    private static final int REQUEST = 256;
    private static final int ALL_STATES = -1;
    private static final String FIND = "find a socket";
    private static final String DESTROY = "end a socket";
    private static final String UNSUPPORTED =
            "this kernel does not show its sockets (CONFIG_INET_TCP_DIAG and CONFIG_INET_UDP_DIAG, modules tcp_diag and"
                    + " udp_diag)";

    private static final String NO_DESTROY =
            "this kernel cannot end sockets (CONFIG_INET_DIAG_DESTROY); drop the connection's packets by a rule, or stop"
                    + " the process";
    /** There is no route to an address, or one that forbids it. */
    private static final Set<Errno> NO_ROUTE = Set.of(
            Errno.ENETUNREACH, Errno.EHOSTUNREACH, Errno.EACCES, Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EAFNOSUPPORT);

    private static final Set<Errno> NO_SOCKET = Set.of(Errno.ENOENT);

    private final NetlinkTransport transport;
    private final Exchange sockets;
    private final Exchange routes;

    private Sockets(NetlinkTransport transport, Exchange sockets, Exchange routes) {
        this.transport = transport;
        this.sockets = sockets;
        this.routes = routes;
    }

    /**
     * Opens a client and sends first requests, so that missing support is detected at once.
     *
     * @param transport the network namespace
     * @return the client; the caller closes it
     * @throws KernelRefusedException if the kernel does not show sockets ({@link Refusal#NOT_SUPPORTED})
     * @throws NetlinkException if a socket cannot be opened
     */
    public static Sockets open(NetlinkTransport transport) throws NetlinkException {
        Exchange sockets = exchange(transport, SockDiag.NETLINK_SOCK_DIAG);
        Exchange routes = null;
        try {
            routes = exchange(transport, SockDiag.NETLINK_ROUTE);
            Sockets client = new Sockets(transport, sockets, routes);
            client.probe(IpProtocol.TCP);
            client.probe(IpProtocol.UDP);
            return client;
        } catch (Throwable e) {
            Failures.closeAfter(sockets, e);
            if (routes != null) {
                Failures.closeAfter(routes, e);
            }
            throw e;
        }
    }

    private static Exchange exchange(NetlinkTransport transport, int protocol) throws NetlinkException {
        return SocketSetup.open(transport, protocol, socket -> {
            SocketSetup.explainRefusals(socket);
            return new Exchange(transport, socket, new DatagramBatch(PARTS, PART), REQUEST);
        });
    }

    /** Requests the sockets that listen on port 1: a request for one socket has the same answer without support. */
    private void probe(int protocol) throws NetlinkException {
        Ends ends = new Ends(any(false), 1, any(false), 0, 0, SockDiag.INET_DIAG_NOCOOKIE);
        try {
            sockets.<RuntimeException>ask(
                    "list sockets",
                    SockDiag.SOCK_DIAG_BY_FAMILY,
                    Netlink.NLM_F_DUMP,
                    writer -> SocketMessages.write(writer, protocol, 1 << SocketState.LISTEN.number(), ends),
                    message -> {});
        } catch (KernelRefusedException e) {
            if (e.errno().equals(Errno.ENOENT) || e.errno().equals(Errno.EINVAL)) {
                throw e.explained(Refusal.NOT_SUPPORTED, UNSUPPORTED);
            }
            throw e;
        }
    }

    /**
     * Finds the socket whose own end is the source of a tuple: that of the connection or, if there is none, the one that
     * listens at the source, or that gets datagrams there.
     *
     * @param tuple addresses and ports, of TCP or UDP
     * @return whether the source is local, and its socket
     * @throws IllegalArgumentException if the tuple is of another protocol, or without addresses or ports
     * @throws MalformedMessageException if the answer cannot be read
     * @throws NetlinkException if the kernel refuses it otherwise, the socket fails, or the client is closed
     */
    public LocalEnd find(ConntrackTuple tuple) throws NetlinkException {
        Ends ends = ends(tuple);
        boolean tcp = tuple.protocol() == IpProtocol.TCP;
        // A connected socket of TCP has exactly these ends; others match any local address.
        Optional<SocketInfo> found = tcp ? get(tuple.protocol(), ends) : Optional.empty();
        if (found.isPresent() && found.get().connected()) {
            return new LocalEnd(true, found);
        }
        if (!route(ends.local()).local()) {
            return new LocalEnd(false, Optional.empty());
        }
        if (!tcp) {
            found = get(tuple.protocol(), ends);
        }
        if (found.isEmpty()) {
            long device = route(ends.remote()).device();
            found = device == 0 ? found : get(tuple.protocol(), ends.on(device));
        }
        return new LocalEnd(true, found);
    }

    /**
     * As {@link #find} of the source or, if that is not local, of the destination.
     *
     * @param tuple addresses and ports, of TCP or UDP
     * @return whether one of the ends is local, and its socket
     * @throws IllegalArgumentException as {@link #find}
     * @throws NetlinkException as {@link #find}
     */
    public LocalEnd findEither(ConntrackTuple tuple) throws NetlinkException {
        LocalEnd source = find(tuple);
        return source.local() ? source : find(tuple.inverted());
    }

    /**
     * Finds the socket that listens at an end of a socket of TCP, as it does for one that no process has accepted yet.
     * If several processes listen there, it is one of theirs.
     *
     * @param socket the socket
     * @return the one that listens, or empty if there is none
     * @throws NetlinkException as {@link #find}
     */
    public Optional<SocketInfo> findListener(SocketInfo socket) throws NetlinkException {
        Ends ends = new Ends(
                socket.localAddress(),
                socket.localPort(),
                any(socket.localAddress() instanceof Inet6Address),
                0,
                socket.interfaceIndex(),
                SockDiag.INET_DIAG_NOCOOKIE);
        return get(socket.protocol(), ends).filter(found -> found.is(SocketState.LISTEN));
    }

    /**
     * Ends the socket of a connection: that of the source or, if that is not local, of the destination. The process
     * gets ECONNABORTED from its next call, and TCP sends a RST to the other end. A socket that other connections use,
     * too, is left alone.
     *
     * @param tuple addresses and ports, of TCP or UDP
     * @return what became of it
     * @throws IllegalArgumentException as {@link #find}
     * @throws KernelRefusedException if the capability is missing ({@link Refusal#NO_CAPABILITY}), or the kernel cannot
     *     end sockets ({@link Refusal#NOT_SUPPORTED})
     * @throws NetlinkException if the socket fails, or the client is closed
     */
    public DestroyResult destroy(ConntrackTuple tuple) throws NetlinkException {
        Optional<SocketInfo> socket = findEither(tuple).socket();
        return socket.isPresent() ? destroy(socket.get()) : DestroyResult.NO_SOCKET;
    }

    /**
     * Ends the socket of a connection that may be translated: as {@link #destroy(ConntrackTuple)} of the original tuple or,
     * if that has no socket, of the translated one, which the answering end has.
     *
     * @param original the original tuple
     * @param reply the tuple of the reply direction
     * @return what became of it
     * @throws IllegalArgumentException as {@link #find}
     * @throws NetlinkException as {@link #destroy(ConntrackTuple)}
     */
    public DestroyResult destroy(ConntrackTuple original, ConntrackTuple reply) throws NetlinkException {
        DestroyResult first = destroy(original);
        ConntrackTuple translated = reply.inverted();
        return first != DestroyResult.NO_SOCKET || translated.equals(original) ? first : destroy(translated);
    }

    private DestroyResult destroy(SocketInfo socket) throws NetlinkException {
        if (!socket.connected()) {
            return DestroyResult.SHARED;
        }
        if (socket.is(SocketState.TIME_WAIT)) {
            return DestroyResult.NO_SOCKET;
        }
        // The cookie prevents that another socket with the same ends is ended instead.
        Ends ends = new Ends(
                socket.localAddress(),
                socket.localPort(),
                socket.remoteAddress(),
                socket.remotePort(),
                socket.interfaceIndex(),
                socket.cookie());
        try {
            sockets.<RuntimeException>ask(
                    DESTROY,
                    SockDiag.SOCK_DESTROY,
                    0,
                    writer -> SocketMessages.write(writer, socket.protocol(), ALL_STATES, ends),
                    message -> {});
            return DestroyResult.DESTROYED;
        } catch (KernelRefusedException e) {
            if (e.errno().equals(Errno.ENOENT) || e.errno().equals(Errno.ESTALE)) {
                return DestroyResult.NO_SOCKET;
            }
            if (e.errno().equals(Errno.EOPNOTSUPP)) {
                throw e.explained(Refusal.NOT_SUPPORTED, NO_DESTROY);
            }
            throw e.errno().equals(Errno.EPERM)
                    ? Refusals.explain(e, "socket", OptionalLong.empty(), false, transport.kernel())
                    : e;
        }
    }

    private static Ends ends(ConntrackTuple tuple) {
        if (!tuple.hasProtocol() || (tuple.protocol() != IpProtocol.TCP && tuple.protocol() != IpProtocol.UDP)) {
            throw new IllegalArgumentException(tuple + " is neither of TCP nor of UDP");
        }
        if (tuple.family().equals(AddressFamily.UNSPEC) || !tuple.hasPorts()) {
            throw new IllegalArgumentException(tuple + " has no addresses or no ports");
        }
        return new Ends(
                tuple.source(),
                tuple.sourcePort(),
                tuple.destination(),
                tuple.destinationPort(),
                0,
                SockDiag.INET_DIAG_NOCOOKIE);
    }

    private Optional<SocketInfo> get(int protocol, Ends ends) throws NetlinkException {
        // The kernel takes the ends of UDP as those of a packet to the socket (udp_dump_one in udp_diag.c).
        Ends asked = protocol == IpProtocol.UDP ? ends.exchanged() : ends;
        List<SocketInfo> found = new ArrayList<>(1);
        ask(
                sockets,
                NO_SOCKET,
                FIND,
                SockDiag.SOCK_DIAG_BY_FAMILY,
                writer -> SocketMessages.write(writer, protocol, ALL_STATES, asked),
                message -> found.add(SocketMessages.read(message, protocol)));
        return found.stream().findFirst();
    }

    private Route route(InetAddress to) throws NetlinkException {
        List<Route> found = new ArrayList<>(1);
        ask(
                routes,
                NO_ROUTE,
                "find a route",
                SockDiag.RTM_GETROUTE,
                writer -> RouteMessages.write(writer, to),
                message -> found.add(RouteMessages.read(message)));
        return found.isEmpty() ? Route.NONE : found.get(0);
    }

    /** Requests what may not exist. A refusal for another reason is thrown. */
    private static void ask(
            Exchange exchange,
            Set<Errno> absence,
            String what,
            int type,
            Exchange.Body body,
            Exchange.Taker<RuntimeException> taker)
            throws NetlinkException {
        try {
            exchange.ask(what, type, 0, body, taker);
        } catch (KernelRefusedException e) {
            if (!absence.contains(e.errno())) {
                throw e;
            }
        }
    }

    private static InetAddress any(boolean six) {
        byte[] zeros = new byte[six ? 16 : 4];
        return AddressText.toInetAddress(Bytes.of(zeros), 0, zeros.length);
    }

    /** Closes the sockets of this client: a request that waits fails. Any thread; idempotent. */
    @Override
    public void close() {
        sockets.close();
        routes.close();
    }
}
