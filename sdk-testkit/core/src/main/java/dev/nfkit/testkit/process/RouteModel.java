// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.process;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.packet.AddressText;
import dev.nfkit.process.SockDiag;
import dev.nfkit.testkit.kernel.Kernel;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.kernel.Subsystem;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The routes of a kernel: to its own addresses, to groups, and to all others by one interface. Modelled on what {@code
 * inet_rtm_getroute} in {@code net/ipv4/route.c} answers. Safe for any number of threads.
 */
public final class RouteModel implements Subsystem {
    private static final int RTN_UNICAST = 1;
    private static final int LOOPBACK = 1;
    private static final int OUT = 2;
    private static final int TYPE = 7;

    private final Kernel kernel;
    private final Set<InetAddress> own = new HashSet<>();
    private final Map<InetAddress, Integer> devices = new HashMap<>();

    /** Creates the model of a kernel. */
    public RouteModel(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Makes an address one of the kernel's own. */
    public void own(InetAddress address) {
        kernel.clock().locked(() -> own.add(address));
    }

    /** Sets the interface of the route to an address. */
    public void device(InetAddress address, int index) {
        kernel.clock().locked(() -> devices.put(address, index));
    }

    @Override
    public boolean privileged() {
        return false;
    }

    @Override
    public boolean takes(ParsedMessage request) {
        return request.type() == SockDiag.RTM_GETROUTE;
    }

    @Override
    public boolean request(KernelSocket socket, ParsedMessage request) throws Refused {
        Bytes to = request.attribute(SockDiag.RTA_DST).orElseThrow(() -> new Refused(Errno.EINVAL));
        byte[] bytes = to.toArray();
        if (bytes.length != Integer.BYTES && bytes.length != 2 * Long.BYTES) {
            throw new Refused(Errno.EINVAL);
        }
        InetAddress address = AddressText.toInetAddress(to, 0, bytes.length);
        byte[] header = new byte[SockDiag.RTMSG_LEN];
        header[0] = request.bytes().toArray()[Netlink.NLMSG_HDRLEN];
        boolean here = own.contains(address) || address.isLoopbackAddress();
        header[TYPE] = (byte)
                (here ? SockDiag.RTN_LOCAL : address.isMulticastAddress() ? SockDiag.RTN_MULTICAST : RTN_UNICAST);
        MessageWriter writer = new MessageWriter(256, socket.order());
        writer.begin(SockDiag.RTM_NEWROUTE, 0, request.sequence(), socket.portId())
                .raw(header)
                .bytes(SockDiag.RTA_DST, bytes)
                .hostWords(SockDiag.RTA_OIF, here ? LOOPBACK : devices.getOrDefault(address, OUT))
                .end();
        socket.deliver(writer);
        return true;
    }

    @Override
    public void closed(KernelSocket socket) {}

    @Override
    public List<String> state() {
        return List.of();
    }

    @Override
    public List<String> left() {
        return List.of();
    }
}
