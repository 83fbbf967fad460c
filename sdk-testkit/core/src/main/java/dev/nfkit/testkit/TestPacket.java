package dev.nfkit.testkit;

import dev.nfkit.AddressFamily;
import dev.nfkit.Hook;
import dev.nfkit.testkit.machine.ConnectionFacts;
import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.RouteFacts;
import dev.nfkit.testkit.traversal.Way;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

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

    private final FakePackets packets;
    private final byte[] bytes;
    private final RouteFacts route = new RouteFacts();
    private byte[] link = {};
    private @Nullable Device in;
    private @Nullable Device out;
    private int mark;
    private int priority;
    private long uid = -1;
    private long gid = -1;
    private ConnectionState state = ConnectionState.NEW;
    private boolean reply;
    private int connectionMark;
    private int zone;

    TestPacket(FakePackets packets, byte[] bytes) {
        this.packets = packets;
        this.bytes = bytes;
        new PacketState(bytes.clone()); // fails at once if there is no IP header
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
        in = device(name, index, addresses);
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
        out = device(name, index, addresses);
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
     * Sets the link-layer header.
     *
     * @param header its bytes; none unless set
     * @return this packet
     */
    public TestPacket link(byte... header) {
        link = header.clone();
        return this;
    }

    /**
     * Sets the mark that it has at first.
     *
     * @param mark 0 to 2³²−1
     * @return this packet
     */
    public TestPacket mark(long mark) {
        this.mark = (int) mark;
        return this;
    }

    /**
     * Sets the priority that it has at first.
     *
     * @param priority 0 to 2³²−1
     * @return this packet
     */
    public TestPacket priority(long priority) {
        this.priority = (int) priority;
        return this;
    }

    /**
     * Sets the owner of the socket that sends it, which also makes that socket known to rules.
     *
     * @param uid the user
     * @param gid the group
     * @return this packet
     */
    public TestPacket owner(long uid, long gid) {
        this.uid = uid;
        this.gid = gid;
        return this;
    }

    /**
     * Sets the state of its connection.
     *
     * @param state NEW unless set
     * @return this packet
     */
    public TestPacket connection(ConnectionState state) {
        this.state = state;
        return this;
    }

    /**
     * Sets whether it belongs to the reply direction of its connection.
     *
     * @param reply false unless set
     * @return this packet
     */
    public TestPacket reply(boolean reply) {
        this.reply = reply;
        return this;
    }

    /**
     * Sets the mark and the zone that its connection has at first.
     *
     * @param mark 0 to 2³²−1
     * @param zone 0 to 65535
     * @return this packet
     */
    public TestPacket connectionMark(long mark, int zone) {
        connectionMark = (int) mark;
        this.zone = zone;
        return this;
    }

    /**
     * States what {@code fib} finds for the source address.
     *
     * @param type the type of the address ({@code RTN_*}), such as 1 for unicast and 2 for local
     * @param device the device by which it is reached; null for none
     * @return this packet
     */
    public TestPacket sourceRoute(int type, @Nullable String device) {
        route.sourceType = type;
        route.sourceDeviceGiven = true;
        route.sourceDevice = named(device);
        return this;
    }

    /**
     * States what {@code fib} finds for the destination address.
     *
     * @param type the type of the address ({@code RTN_*})
     * @param device the device by which it is reached; null for none
     * @return this packet
     */
    public TestPacket destinationRoute(int type, @Nullable String device) {
        route.destinationType = type;
        route.destinationDeviceGiven = true;
        route.destinationDevice = named(device);
        return this;
    }

    private @Nullable Device named(@Nullable String name) {
        if (name == null) {
            return null;
        }
        if (in != null && in.name().equals(name)) {
            return in;
        }
        return out != null && out.name().equals(name) ? out : device(name, name.equals("lo") ? 1 : 4);
    }

    /**
     * States what {@code rt nexthop} reads.
     *
     * @param gateway the next hop
     * @return this packet
     */
    public TestPacket nextHop(InetAddress gateway) {
        route.nextHop = gateway.getAddress();
        return this;
    }

    /**
     * States which local socket {@code socket} finds.
     *
     * @param transparent whether it is transparent
     * @param mark its mark
     * @return this packet
     */
    public TestPacket socket(boolean transparent, long mark) {
        route.hasSocket = true;
        route.socketTransparent = transparent;
        route.socketMark = (int) mark;
        return this;
    }

    /**
     * Sends it through the chains of one hook.
     *
     * @param hook a hook of the IP families
     * @return what happened
     * @throws IllegalArgumentException if it is none of these hooks
     * @throws AssertionError if a rule needs what the fake does not model, or the test did not state
     */
    public PacketTrace at(Hook hook) {
        if (hook.number() > Hook.POST_ROUTING.number() || !hook.equals(Hook.of(AddressFamily.IPV4, hook.number()))) {
            throw new IllegalArgumentException("hook " + hook.name().toLowerCase(Locale.ROOT) + " is not one of IP");
        }
        return packets.send(state(), List.of(hook.number()));
    }

    /**
     * Sends it from prerouting to input, as a packet for this machine.
     *
     * @return what happened
     * @throws AssertionError as {@link #at}
     */
    public PacketTrace toInput() {
        return packets.send(state(), Way.TO_INPUT.hooks());
    }

    /**
     * Sends it through prerouting, forward and postrouting.
     *
     * @return what happened
     * @throws AssertionError as {@link #at}
     */
    public PacketTrace forward() {
        return packets.send(state(), Way.FORWARDED.hooks());
    }

    /**
     * Sends it from output to postrouting, as a packet of this machine.
     *
     * @return what happened
     * @throws AssertionError as {@link #at}
     */
    public PacketTrace fromOutput() {
        return packets.send(state(), Way.FROM_OUTPUT.hooks());
    }

    private PacketState state() {
        PacketState packet = new PacketState(bytes.clone());
        packet.link = link;
        packet.in = in;
        packet.out = out;
        packet.mark = mark;
        packet.priority = priority;
        packet.userId = uid;
        packet.groupId = gid;
        packet.route = route;
        packet.untracked = state == ConnectionState.UNTRACKED;
        ConnectionFacts facts = new ConnectionFacts();
        facts.state = state.bit;
        facts.reply = reply;
        facts.mark = connectionMark;
        facts.zone = zone;
        packet.connection = packet.untracked ? null : facts;
        return packet;
    }
}
