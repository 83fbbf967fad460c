// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Exthdr;
import dev.nfkit.testkit.machine.Checksums;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Registers16;

/** Instructions of extension headers and options ({@code nft_exthdr.c}). */
final class HeaderOperations {
    private static final int TCP = 6;
    private static final int MSS = 2;
    /** There is no such option. */
    private static final int MISSING = -1;
    /** There is no such header, or the option is too short. */
    private static final int BROKEN = -2;

    private HeaderOperations() {}

    static Operation of(Exthdr exthdr) {
        if (exthdr instanceof Exthdr.Load load) {
            int target = Registers16.offset(load.dreg());
            return new Plain(exthdr, frame -> {
                int at = find(frame.packet, load.op(), load.type(), load.offset() + load.length());
                if (load.present()) {
                    frame.registers.u8(target, at >= 0 ? 1 : 0);
                } else if (at < 0 || at + load.offset() + load.length() > frame.packet.bytes.length) {
                    frame.mismatch();
                } else {
                    frame.registers.store(target, frame.packet.bytes, at + load.offset(), load.length());
                }
            });
        }
        if (exthdr instanceof Exthdr.Write write && write.op() == Exthdr.Op.TCPOPT) {
            return new Plain(exthdr, frame -> write(frame, write));
        }
        return new Plain(exthdr, frame -> {
            throw new NotModelled(exthdr instanceof Exthdr.Reset ? "a reset of TCP options" : "writing " + exthdr);
        });
    }

    private static int find(PacketState packet, Exthdr.Op op, int type, int needed) {
        return switch (op) {
            case IPV6 -> packet.family == PacketState.IPV6 ? packet.extension(type) : -1;
            case TCPOPT -> {
                int length = tcpLength(packet);
                yield length < 0
                        ? BROKEN
                        : option(packet.bytes, packet.transport + 20, packet.transport + length, type, needed);
            }
            case IPV4 ->
                packet.family == PacketState.IPV4 ? option(packet.bytes, 20, packet.transport, type, needed) : -1;
            default -> throw new NotModelled("exthdr of " + op);
        };
    }

    /** The length of the TCP header, or −1. */
    private static int tcpLength(PacketState packet) {
        int at = packet.transport;
        if (packet.protocol != TCP || packet.fragment != 0 || at + 20 > packet.bytes.length) {
            return -1;
        }
        int length = ((packet.bytes[at + 12] >> 4) & 0xf) * 4;
        return length < 20 || at + length > packet.bytes.length ? -1 : length;
    }

    private static int option(byte[] bytes, int from, int to, int type, int needed) {
        int at = from;
        while (at < to - 1) {
            int length = (bytes[at] & 0xff) <= 1 || bytes[at + 1] == 0 ? 1 : bytes[at + 1] & 0xff;
            if ((bytes[at] & 0xff) == type) {
                return at + length > to || needed > length ? BROKEN : at;
            }
            at += length;
        }
        return MISSING;
    }

    private static void write(Frame frame, Exthdr.Write write) {
        PacketState packet = frame.packet;
        int at = find(packet, Exthdr.Op.TCPOPT, write.type(), write.offset() + write.length());
        if (at == MISSING) {
            return; // without the option, the rule goes on
        }
        if (at < 0) {
            frame.mismatch();
            return;
        }
        if (write.length() != 2 && write.length() != 4) {
            throw new NotModelled("writing " + write.length() + " bytes of a TCP option");
        }
        int place = at + write.offset();
        byte[] value = new byte[write.length()];
        System.arraycopy(frame.registers.bytes(), Registers16.offset(write.sreg()), value, 0, value.length);
        if (write.type() == MSS && value.length == 2) {
            int wanted = ((value[0] & 0xff) << 8) | (value[1] & 0xff);
            if (packet.u16(place) <= wanted) {
                return; // the kernel never raises it
            }
        }
        int checksum = packet.transport + 16;
        long before = Checksums.sum(packet.bytes, place, value.length);
        long after = Checksums.sum(value, 0, value.length);
        if ((place & 1) != 0) {
            before <<= 8;
            after <<= 8;
        }
        packet.u16(checksum, Checksums.replace(packet.u16(checksum), before, after));
        packet.write(place, value, 0, value.length);
    }
}
