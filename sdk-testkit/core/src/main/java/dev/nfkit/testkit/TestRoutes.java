// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.RouteFacts;
import dev.nfkit.testkit.message.Numbers;
import java.net.InetAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel would know of routes and sockets, for a {@link TestPacket}. A rule that reads what is not stated fails
 * with an AssertionError that names it. Not safe for several threads.
 *
 * <pre>{@code
 * packet.routes(routes -> routes.source(1, "eth0").destination(2, null));
 * }</pre>
 */
public final class TestRoutes {
    private final RouteFacts facts;
    private final Function<String, Device> devices;

    TestRoutes(RouteFacts facts, Function<String, Device> devices) {
        this.facts = facts;
        this.devices = devices;
    }

    /**
     * States what {@code fib} finds for the source address.
     *
     * @param type the type of the address ({@code RTN_*}), such as 1 for unicast and 2 for local
     * @param device the device by which it is reached; null for none
     * @return these routes
     */
    public TestRoutes source(int type, @Nullable String device) {
        facts.sourceType = type;
        facts.sourceDeviceGiven = true;
        facts.sourceDevice = device == null ? null : devices.apply(device);
        return this;
    }

    /**
     * States what {@code fib} finds for the destination address.
     *
     * @param type the type of the address ({@code RTN_*})
     * @param device the device by which it is reached; null for none. The kernel finds none for a local address
     * @return these routes
     */
    public TestRoutes destination(int type, @Nullable String device) {
        facts.destinationType = type;
        facts.destinationDeviceGiven = true;
        facts.destinationDevice = device == null ? null : devices.apply(device);
        return this;
    }

    /**
     * States what {@code rt nexthop} reads.
     *
     * @param gateway the next hop
     * @return these routes
     */
    public TestRoutes nextHop(InetAddress gateway) {
        facts.nextHop = gateway.getAddress();
        return this;
    }

    /**
     * States what {@code rt mtu} reads: the largest segment of TCP.
     *
     * @param bytes 0 to 65535
     * @return these routes
     */
    public TestRoutes segmentSize(int bytes) {
        if (bytes < 0 || bytes > 0xffff) {
            throw new IllegalArgumentException("segment size " + bytes + " is not in 0 to 65535");
        }
        facts.pathMss = bytes;
        return this;
    }

    /**
     * States which local socket {@code socket} finds; none unless stated.
     *
     * @param transparent whether it is transparent
     * @param mark its mark, 0 to 2³²−1
     * @return these routes
     */
    public TestRoutes socket(boolean transparent, long mark) {
        facts.hasSocket = true;
        facts.socketTransparent = transparent;
        facts.socketMark = Numbers.u32("mark", mark);
        return this;
    }
}
