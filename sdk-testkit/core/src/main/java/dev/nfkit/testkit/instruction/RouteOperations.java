// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Context;
import dev.nfkit.nftables.bytecode.Fib;
import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Registers16;
import dev.nfkit.testkit.machine.RouteFacts;
import org.jspecify.annotations.Nullable;

/** Instructions that look at routes and sockets, answered by what the test states. */
final class RouteOperations {
    private static final int PREROUTING = 0;
    private static final int INGRESS = 5;

    private RouteOperations() {}

    static Operation of(Fib fib) {
        int target = Registers16.offset(fib.dreg());
        boolean source = (fib.flags() & Fib.SADDR) != 0;
        return new Plain(fib, frame -> {
            RouteFacts route = frame.packet.route;
            boolean present = (fib.flags() & Fib.PRESENT) != 0;
            switch (fib.result()) {
                case ADDRTYPE -> {
                    int type = source ? route.sourceType : route.destinationType;
                    given(type >= 0, "fib " + (source ? "saddr" : "daddr") + " type");
                    frame.registers.word(target, type);
                }
                case OIF -> {
                    Device device = device(route, source);
                    int index = device == null ? 0 : device.index();
                    frame.registers.word(target, present ? (device == null ? 0 : 1) : index);
                }
                case OIFNAME -> {
                    Device device = device(route, source);
                    if (present) {
                        frame.registers.word(target, device == null ? 0 : 1);
                    } else {
                        frame.registers.device(target, device);
                    }
                }
                default -> throw new NotModelled("fib without a result");
            }
        });
    }

    private static @Nullable Device device(RouteFacts route, boolean source) {
        given(
                source ? route.sourceDeviceGiven : route.destinationDeviceGiven,
                "fib " + (source ? "saddr" : "daddr") + " oif");
        return source ? route.sourceDevice : route.destinationDevice;
    }

    private static void given(boolean there, String what) {
        if (!there) {
            throw new NotModelled(what + ", unless the test states what the routes are");
        }
    }

    static Operation of(Context.Rt rt) {
        int target = Registers16.offset(rt.dreg());
        return new Plain(rt, frame -> {
            if (frame.packet.hook == PREROUTING || frame.packet.hook == INGRESS) {
                frame.mismatch(); // there is no route yet
                return;
            }
            RouteFacts route = frame.packet.route;
            switch (rt.key()) {
                case TCPMSS -> {
                    given(route.pathMss >= 0, "rt mtu");
                    frame.registers.u16(target, route.pathMss);
                }
                case NEXTHOP4, NEXTHOP6 -> {
                    boolean four = rt.key() == Context.Rt.RtKey.NEXTHOP4;
                    byte[] hop = route.nextHop;
                    if (four != (frame.packet.family == PacketState.IPV4)) {
                        frame.mismatch();
                    } else if (hop == null) {
                        throw new NotModelled("rt nexthop, unless the test states what the route is");
                    } else {
                        frame.registers.store(target, hop, 0, hop.length);
                    }
                }
                default -> throw new NotModelled("rt " + rt.key());
            }
        });
    }

    static Operation of(Context.Socket socket) {
        int target = Registers16.offset(socket.dreg());
        return new Plain(socket, frame -> {
            RouteFacts route = frame.packet.route;
            if (!route.hasSocket) {
                frame.mismatch();
                return;
            }
            switch (socket.key()) {
                case TRANSPARENT -> frame.registers.u8(target, route.socketTransparent ? 1 : 0);
                case MARK -> frame.registers.word(target, route.socketMark);
                default -> throw new NotModelled("socket " + socket.key());
            }
        });
    }
}
