// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.process.SocketInfo;
import dev.nfkit.process.SocketState;
import dev.nfkit.testkit.process.RouteModel;
import dev.nfkit.testkit.process.SocketModel;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The sockets of a fake kernel's processes, which the test declares: {@code Sockets} and {@code LinuxProcesses} find
 * them. Loopback addresses are the kernel's own; the test adds others. Safe for any number of threads.
 *
 * <pre>{@code
 * kernel.processSockets().address("10.0.0.1");
 * SocketInfo socket = kernel.processSockets().connect(tuple, 1000);
 * ... the code under test asks for the tuple ...
 * kernel.processSockets().close(socket);
 * }</pre>
 */
public final class FakeSockets {
    private static final long FIRST_INODE = 100_001;

    private static final Pattern LITERAL = Pattern.compile("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    private final SocketModel sockets;
    private final RouteModel routes;
    private long next = FIRST_INODE;

    FakeSockets(SocketModel sockets, RouteModel routes) {
        this.sockets = sockets;
        this.routes = routes;
    }

    /**
     * Makes an address one of the kernel's own.
     *
     * @param address a literal address
     * @return these sockets
     */
    public FakeSockets address(String address) {
        routes.own(literal(address));
        return this;
    }

    /**
     * Sets the interface of the route to an address; it is 2 unless set.
     *
     * @param address a literal address
     * @param index the interface's index
     * @return these sockets
     */
    public FakeSockets device(String address, int index) {
        routes.device(literal(address), index);
        return this;
    }

    /**
     * Adds a connected socket.
     *
     * @param tuple its own end as the source, and the other as the destination
     * @param uid its user
     * @return the socket, with an inode of its own
     */
    public SocketInfo connect(ConntrackTuple tuple, long uid) {
        long inode = inode();
        return add(new SocketInfo(
                tuple.protocol(),
                Optional.of(SocketState.ESTABLISHED),
                tuple.source(),
                tuple.sourcePort(),
                tuple.destination(),
                tuple.destinationPort(),
                uid,
                inode,
                0,
                inode));
    }

    /**
     * Adds a socket that listens, or of UDP that is not connected.
     *
     * @param protocol {@code IpProtocol.TCP} or {@code IpProtocol.UDP}
     * @param address its literal address; {@code 0.0.0.0} or {@code ::} for all of a family
     * @param port its port
     * @param uid its user
     * @return the socket, with an inode of its own
     */
    public SocketInfo listen(int protocol, String address, int port, long uid) {
        InetAddress local = literal(address);
        long inode = inode();
        return add(new SocketInfo(
                protocol,
                Optional.of(protocol == IpProtocol.TCP ? SocketState.LISTEN : SocketState.CLOSE),
                local,
                port,
                literal(local instanceof Inet6Address ? "::" : "0.0.0.0"),
                0,
                uid,
                inode,
                0,
                inode));
    }

    /**
     * Adds any socket, such as one in another state or that is bound to an interface.
     *
     * @param socket the socket, whose cookie no other one has
     * @return the same
     */
    public SocketInfo add(SocketInfo socket) {
        sockets.add(socket);
        return socket;
    }

    /**
     * Removes a socket, as its process does.
     *
     * @param socket the socket
     */
    public void close(SocketInfo socket) {
        sockets.remove(socket.cookie());
    }

    /**
     * Returns the sockets that requests have ended.
     *
     * @return copies, in order
     */
    public List<SocketInfo> destroyed() {
        return sockets.destroyed();
    }

    /**
     * Sets whether the kernel shows sockets ({@code CONFIG_INET_DIAG}).
     *
     * @param on true unless set
     * @return these sockets
     */
    public FakeSockets shown(boolean on) {
        sockets.shown(on);
        return this;
    }

    /**
     * Sets whether the kernel can end sockets ({@code CONFIG_INET_DIAG_DESTROY}).
     *
     * @param on true unless set
     * @return these sockets
     */
    public FakeSockets destroys(boolean on) {
        sockets.destroys(on);
        return this;
    }

    private synchronized long inode() {
        return next++;
    }

    private static InetAddress literal(String address) {
        if (!LITERAL.matcher(address).matches()) {
            throw new IllegalArgumentException("\"" + address + "\" is not a literal address");
        }
        return new InetSocketAddress(address, 0).getAddress();
    }
}
