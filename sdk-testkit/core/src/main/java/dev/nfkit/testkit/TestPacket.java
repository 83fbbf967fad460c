// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.AddressFamily;
import dev.nfkit.Hook;
import dev.nfkit.testkit.machine.ConnectionFacts;
import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.RouteFacts;
import dev.nfkit.testkit.message.Numbers;
import dev.nfkit.testkit.traversal.Way;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A packet that a test sends through the rules, and what the kernel would know of it. Each send uses a copy, so that the
 * same packet may be sent again. Not safe for several threads.
 *
 * <pre>{@code
 * PacketTrace trace = kernel.packets()
 *         .of(SamplePackets.tcp4())
 *         .in("eth0").out("eth1")
 *         .connection(ConnectionState.ESTABLISHED)
 *         .forward();
 * }</pre>
 */
public final class TestPacket {
    /** The state of a packet's connection, as {@code ct state}. */
    public enum ConnectionState {
        /** It is not part of a valid connection. */
        INVALID(ConnectionFacts.INVALID),
        /** The first packets. */
        NEW(ConnectionFacts.NEW),
        /** There were packets in both directions. */
        ESTABLISHED(ConnectionFacts.ESTABLISHED),
        /** An expected connection, or an error of another one. */
        RELATED(ConnectionFacts.RELATED),
        /** It is not tracked. */
        UNTRACKED(ConnectionFacts.UNTRACKED);

        private final int bit;

        ConnectionState(int bit) {
            this.bit = bit;
        }
    }

    private static final int ETHERNET = 1;
    private static final int LOOPBACK = 772;

    private static final int MAX_VLAN = 0xfff;
    private static final int MACS = 12;
    private static final int HEADER = 14;

    private final FakePackets packets;
    private final PacketState packet;
    private final ConnectionFacts connection = new ConnectionFacts();

    TestPacket(FakePackets packets, byte[] bytes) {
        this.packets = packets;
        this.packet = new PacketState(bytes); // fails at once if there is no IP header
    }

    private static Device device(String name, int index, InetAddress... addresses) {
        List<byte[]> all = new ArrayList<>();
        for (InetAddress address : addresses) {
            all.add(address.getAddress());
        }
        return new Device(name, index, name.equals("lo") ? LOOPBACK : ETHERNET, 0, all);
    }

    /**
     * Sets the device on which it arrives.
     *
     * @param name the name
     * @param index the index of the device, more than 0
     * @param addresses the addresses of the device, which {@code redirect} needs
     * @return this packet
     */
    public TestPacket in(String name, int index, InetAddress... addresses) {
        packet.in = device(name, index, addresses);
        return this;
    }

    /**
     * Sets the device on which it arrives, with index 1 for {@code lo} and 2 for others.
     *
     * @param name the name
     * @return this packet
     */
    public TestPacket in(String name) {
        return in(name, name.equals("lo") ? 1 : 2);
    }

    /**
     * Sets the device by which it leaves.
     *
     * @param name the name
     * @param index the index of the device, more than 0
     * @param addresses the addresses of the device, which {@code masquerade} needs
     * @return this packet
     */
    public TestPacket out(String name, int index, InetAddress... addresses) {
        packet.out = device(name, index, addresses);
        return this;
    }

    /**
     * Sets the device by which it leaves, with index 1 for {@code lo} and 3 for others.
     *
     * @param name the name
     * @return this packet
     */
    public TestPacket out(String name) {
        return out(name, name.equals("lo") ? 1 : 3);
    }

    /**
     * Sets the link-layer header, which {@code ether} and {@code vlan} read.
     *
     * @param header its bytes, such as 14 of Ethernet; none unless set
     * @return this packet
     */
    public TestPacket link(byte... header) {
        packet.link = header.clone();
        return this;
    }

    /**
     * Puts a tag of 802.1Q into the link-layer header, or makes a header with one and without addresses. Only the hook
     * ingress of the device below a VLAN sees it.
     *
     * @param id the VLAN, 0 to 4095
     * @return this packet
     */
    public TestPacket vlan(int id) {
        if (id < 0 || id > MAX_VLAN) {
            throw new IllegalArgumentException("VLAN " + id + " is not in 0 to " + MAX_VLAN);
        }
        byte[] header = packet.link.length >= HEADER ? packet.link : new byte[HEADER];
        ByteBuffer tagged = ByteBuffer.allocate(HEADER + 4).put(header, 0, MACS);
        tagged.putShort((short) 0x8100).putShort((short) id).putShort((short) packet.etherType);
        packet.link = tagged.array();
        return this;
    }

    /**
     * Sets the mark that it has at first.
     *
     * @param mark 0 to 2³²−1; 0 unless set
     * @return this packet
     */
    public TestPacket mark(long mark) {
        packet.mark = Numbers.u32("mark", mark);
        return this;
    }

    /**
     * Sets the priority that it has at first.
     *
     * @param priority 0 to 2³²−1; 0 unless set
     * @return this packet
     */
    public TestPacket priority(long priority) {
        packet.priority = Numbers.u32("priority", priority);
        return this;
    }

    /**
     * Sets the owner of the socket that sends it, which {@code meta skuid} and {@code meta skgid} read.
     *
     * @param uid the user, 0 to 2³²−1
     * @param gid the group, 0 to 2³²−1
     * @return this packet
     */
    public TestPacket owner(long uid, long gid) {
        packet.userId = Numbers.u32("uid", uid) & Numbers.MAX_U32;
        packet.groupId = Numbers.u32("gid", gid) & Numbers.MAX_U32;
        return this;
    }

    /**
     * Sets the state of its connection. Connection tracking finds it on the way, so that chains before that have none.
     *
     * @param state NEW unless set
     * @return this packet
     */
    public TestPacket connection(ConnectionState state) {
        return connection(state, connection -> {});
    }

    /**
     * Sets the state of its connection, and more of it.
     *
     * @param state NEW unless set
     * @param more sets direction, mark, zone and status
     * @return this packet
     */
    public TestPacket connection(ConnectionState state, Consumer<TestConnection> more) {
        connection.state = state.bit;
        packet.untracked = state == ConnectionState.UNTRACKED;
        more.accept(new TestConnection(connection));
        return this;
    }

    /**
     * States what the kernel knows of routes and sockets.
     *
     * @param more states it
     * @return this packet
     */
    public TestPacket routes(Consumer<TestRoutes> more) {
        RouteFacts route = new RouteFacts(packet.route);
        more.accept(new TestRoutes(route, this::named));
        packet.route = route;
        return this;
    }

    private Device named(String name) {
        for (Device known : new Device[] {packet.in, packet.out}) {
            if (known != null && known.name().equals(name)) {
                return known;
            }
        }
        return device(name, name.equals("lo") ? 1 : 4);
    }

    /**
     * Sends it through the chains of one hook.
     *
     * @param hook a hook of the IP families, or {@link Hook#NETDEV_INGRESS}
     * @return what happened
     * @throws IllegalArgumentException if it is none of these hooks
     * @throws AssertionError if a rule needs what the fake does not model, or the test did not state
     */
    public PacketTrace at(Hook hook) {
        if (hook.equals(Hook.NETDEV_INGRESS)) {
            return send(Way.ingress());
        }
        if (hook.number() > Hook.POST_ROUTING.number() || !hook.equals(Hook.of(AddressFamily.IPV4, hook.number()))) {
            throw new IllegalArgumentException("hook " + hook.name().toLowerCase(Locale.ROOT) + " is not one of IP");
        }
        return send(Way.only(hook.number()));
    }

    /**
     * Sends it as a packet for this machine: through the ingress hook of its device, prerouting and input.
     *
     * @return what happened
     * @throws AssertionError as {@link #at}
     */
    public PacketTrace toInput() {
        return send(Way.TO_INPUT);
    }

    /**
     * Sends it through the ingress hook of its device, prerouting, forward and postrouting. Forwarding takes a hop from
     * the packet (TTL, hop limit), and drops it if there is none left.
     *
     * @return what happened
     * @throws AssertionError as {@link #at}
     */
    public PacketTrace forward() {
        return send(Way.FORWARDED);
    }

    /**
     * Sends it from output to postrouting, as a packet of this machine.
     *
     * @return what happened
     * @throws AssertionError as {@link #at}
     */
    public PacketTrace fromOutput() {
        return send(Way.FROM_OUTPUT);
    }

    private PacketTrace send(Way way) {
        return packets.send(new PacketState(packet), new ConnectionFacts(connection), way);
    }
}
