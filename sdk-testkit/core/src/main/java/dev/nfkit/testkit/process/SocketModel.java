// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.process;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.packet.AddressText;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.process.SockDiag;
import dev.nfkit.process.SocketInfo;
import dev.nfkit.process.SocketState;
import dev.nfkit.socket.NetAdmin;
import dev.nfkit.testkit.kernel.Kernel;
import dev.nfkit.testkit.kernel.KernelDump;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.kernel.Subsystem;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of TCP and UDP, and requests for them. Modelled on {@code net/ipv4/inet_diag.c}, {@code udp_diag.c} and the
 * lookups of {@code inet_hashtables.c} and {@code udp.c}. Safe for any number of threads.
 */
public final class SocketModel implements Subsystem {
    private static final int ID = 8;
    private static final int STATES = 4;
    private static final int MESSAGE_ID = 4;
    private static final int SOURCE = 4;
    private static final int DESTINATION = 20;
    private static final int INTERFACE = 36;
    private static final int COOKIE = 40;
    private static final int UID = 64;
    private static final int INODE = 68;

    private final Kernel kernel;
    private final List<SocketInfo> sockets = new ArrayList<>();
    private final List<SocketInfo> destroyed = new ArrayList<>();
    private boolean shown = true;
    private boolean destroys = true;

    /** Creates the model of a kernel. */
    public SocketModel(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Adds a socket. */
    public void add(SocketInfo socket) {
        kernel.clock().locked(() -> sockets.add(socket));
    }

    /** Removes the sockets of a cookie. */
    public void remove(long cookie) {
        kernel.clock().locked(() -> sockets.removeIf(socket -> socket.cookie() == cookie));
    }

    /** The sockets that were ended by requests. */
    public List<SocketInfo> destroyed() {
        return kernel.clock().locked(() -> List.copyOf(destroyed));
    }

    /** Sets whether the kernel shows sockets. */
    public void shown(boolean on) {
        kernel.clock().locked(() -> shown = on);
    }

    /** Sets whether the kernel can end sockets. */
    public void destroys(boolean on) {
        kernel.clock().locked(() -> destroys = on);
    }

    @Override
    public boolean privileged() {
        return false;
    }

    @Override
    public boolean takes(ParsedMessage request) {
        return request.type() == SockDiag.SOCK_DIAG_BY_FAMILY || request.type() == SockDiag.SOCK_DESTROY;
    }

    @Override
    public boolean request(KernelSocket socket, ParsedMessage request) throws Refused {
        byte[] body = request.bytes().toArray();
        if (body.length < Netlink.NLMSG_HDRLEN + SockDiag.INET_DIAG_REQ_V2_LEN) {
            throw new Refused(Errno.EINVAL);
        }
        Wanted wanted = Wanted.read(ByteBuffer.wrap(body, Netlink.NLMSG_HDRLEN, SockDiag.INET_DIAG_REQ_V2_LEN)
                .slice()
                .order(request.order()));
        boolean destroy = request.type() == SockDiag.SOCK_DESTROY;
        if (destroy && kernel.properties().netAdmin() != NetAdmin.HELD) {
            throw new Refused(Errno.EPERM);
        }
        if (!shown) {
            throw new Refused(Errno.ENOENT);
        }
        if ((request.flags() & Netlink.NLM_F_DUMP) == Netlink.NLM_F_DUMP) {
            Iterator<SocketInfo> rows = sockets.stream().filter(wanted::lists).iterator();
            return !socket.dump(new KernelDump(socket, request, new Rows(rows, socket, request), false));
        }
        SocketInfo found = wanted.find(sockets, destroy).orElseThrow(() -> new Refused(Errno.ENOENT));
        if (wanted.cookie != SockDiag.INET_DIAG_NOCOOKIE && wanted.cookie != found.cookie()) {
            throw new Refused(Errno.ESTALE);
        }
        if (destroy) {
            if (!destroys) {
                throw new Refused(Errno.EOPNOTSUPP);
            }
            sockets.remove(found);
            destroyed.add(found);
            kernel.clock().changed();
        } else {
            MessageWriter writer = new MessageWriter(256, socket.order());
            write(writer, found, 0, request.sequence(), socket.portId());
            socket.deliver(writer);
        }
        return true;
    }

    private static void write(MessageWriter writer, SocketInfo socket, int flags, long sequence, long portId) {
        boolean six = socket.localAddress().getAddress().length > Integer.BYTES;
        ByteBuffer body = ByteBuffer.allocate(SockDiag.INET_DIAG_MSG_LEN)
                .put((byte) (six ? AddressFamily.IPV6 : AddressFamily.IPV4).number());
        body.put(socket.state().map(state -> (byte) state.number()).orElse((byte) 0));
        body.position(MESSAGE_ID).putShort((short) socket.localPort()).putShort((short) socket.remotePort());
        body.position(MESSAGE_ID + SOURCE).put(socket.localAddress().getAddress());
        body.position(MESSAGE_ID + DESTINATION).put(socket.remoteAddress().getAddress());
        body.putLong(MESSAGE_ID + COOKIE, socket.cookie());
        body.order(writer.order())
                .putInt(MESSAGE_ID + INTERFACE, (int) socket.interfaceIndex())
                .putInt(UID, (int) socket.uid())
                .putInt(INODE, (int) socket.inode());
        writer.begin(SockDiag.SOCK_DIAG_BY_FAMILY, flags, sequence, portId)
                .raw(body.array())
                .end();
    }

    @Override
    public void closed(KernelSocket socket) {}

    @Override
    public List<String> state() {
        return sockets.isEmpty() ? List.of() : List.of(sockets.size() + " sockets of processes");
    }

    @Override
    public List<String> left() {
        return List.of();
    }

    /** What a request asks for. */
    private record Wanted(
            int protocol,
            int states,
            InetAddress source,
            int sourcePort,
            InetAddress destination,
            int destinationPort,
            long device,
            long cookie) {
        static Wanted read(ByteBuffer body) {
            int length = (body.get(0) & 0xff) == AddressFamily.IPV6.number() ? 16 : Integer.BYTES;
            int states = body.getInt(STATES);
            long device = Integer.toUnsignedLong(body.getInt(ID + INTERFACE));
            ByteBuffer big = body.duplicate().order(ByteOrder.BIG_ENDIAN);
            return new Wanted(
                    body.get(1) & 0xff,
                    states,
                    address(body, ID + SOURCE, length),
                    big.getShort(ID) & 0xffff,
                    address(body, ID + DESTINATION, length),
                    big.getShort(ID + 2) & 0xffff,
                    device,
                    big.getLong(ID + COOKIE));
        }

        boolean lists(SocketInfo socket) {
            return socket.protocol() == protocol
                    && (states & 1 << socket.state().map(SocketState::number).orElse(0)) != 0
                    && (sourcePort == 0 || sourcePort == socket.localPort())
                    && (destinationPort == 0 || destinationPort == socket.remotePort());
        }

        /** The best match; a request for one socket of UDP has the ends of a packet to it. */
        Optional<SocketInfo> find(List<SocketInfo> sockets, boolean destroy) {
            boolean swapped = protocol == IpProtocol.UDP && !destroy;
            InetAddress local = swapped ? destination : source;
            int localPort = swapped ? destinationPort : sourcePort;
            InetAddress remote = swapped ? source : destination;
            int remotePort = swapped ? sourcePort : destinationPort;
            SocketInfo best = null;
            int bestScore = 0;
            for (SocketInfo socket : sockets) {
                int score = socket.protocol() == protocol && socket.localPort() == localPort
                        ? score(socket, local, remote, remotePort)
                        : 0;
                if (score > bestScore) {
                    best = socket;
                    bestScore = score;
                }
            }
            return Optional.ofNullable(best);
        }

        private int score(SocketInfo socket, InetAddress local, InetAddress remote, int remotePort) {
            if (socket.interfaceIndex() != 0 && socket.interfaceIndex() != device) {
                return 0;
            }
            int score = 1;
            if (socket.connected()) {
                if (socket.remotePort() != remotePort || !socket.remoteAddress().equals(remote)) {
                    return 0;
                }
                score += 8;
            } else if (protocol == IpProtocol.TCP && !socket.is(SocketState.LISTEN)) {
                return 0;
            }
            if (!socket.localAddress().isAnyLocalAddress()) {
                if (!socket.localAddress().equals(local)) {
                    return 0;
                }
                score += 4;
            }
            return score + (socket.interfaceIndex() == 0 ? 0 : 2);
        }

        private static InetAddress address(ByteBuffer body, int at, int length) {
            byte[] bytes = new byte[length];
            body.get(at, bytes);
            return AddressText.toInetAddress(Bytes.of(bytes), 0, length);
        }
    }

    /** The sockets at the time when the dump began. */
    private record Rows(Iterator<SocketInfo> sockets, KernelSocket socket, ParsedMessage request)
            implements KernelDump.Rows {
        @Override
        public KernelDump.@Nullable Row next() {
            if (!sockets.hasNext()) {
                return null;
            }
            SocketInfo next = sockets.next();
            return (writer, flags) -> SocketModel.write(writer, next, flags, request.sequence(), socket.portId());
        }

        @Override
        public boolean interrupted() {
            return false;
        }
    }
}
