// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.packet.IpProtocol;

/** Formats a tuple as conntrack(8) prints it: {@code src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=443 }. */
final class TupleText {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private TupleText() {}

    /**
     * Appends a tuple, followed by a space.
     *
     * @param tuple the tuple
     * @param prefix the prefix of src and dst
     * @param line the line to append to
     */
    static void append(ConntrackTuple tuple, String prefix, StringBuilder line) {
        if (tuple.family().number() != 0) {
            tuple.appendSource(line.append(prefix).append("src="));
            tuple.appendDestination(line.append(' ').append(prefix).append("dst="));
            line.append(' ');
        }
        if (tuple.hasProtocol()) {
            protocol(tuple, line);
        }
    }

    private static void protocol(ConntrackTuple tuple, StringBuilder line) {
        switch (tuple.protocol()) {
            case IpProtocol.TCP, IpProtocol.UDP, IpProtocol.UDPLITE, IpProtocol.SCTP, IpProtocol.DCCP -> {
                if (tuple.hasPorts()) {
                    line.append("sport=").append(tuple.sourcePort());
                    line.append(" dport=").append(tuple.destinationPort()).append(' ');
                }
            }
            case IpProtocol.GRE -> {
                if (tuple.hasPorts()) {
                    hex(tuple.sourcePort(), line.append("srckey=0x"));
                    hex(tuple.destinationPort(), line.append(" dstkey=0x"));
                    line.append(' ');
                }
            }
            case IpProtocol.ICMP, IpProtocol.ICMPV6 -> {
                if (tuple.hasIcmp()) {
                    line.append("type=").append(tuple.icmpType());
                    line.append(" code=").append(tuple.icmpCode());
                    line.append(" id=").append(tuple.icmpId()).append(' ');
                }
            }
            default -> {} // conntrack(8) prints no more
        }
    }

    private static void hex(int value, StringBuilder line) {
        int digits = value > 0xfff ? 4 : value > 0xff ? 3 : value > 0xf ? 2 : 1;
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            line.append(HEX[value >> shift & 0xf]);
        }
    }
}
