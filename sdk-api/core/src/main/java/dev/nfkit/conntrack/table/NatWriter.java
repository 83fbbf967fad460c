// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

import dev.nfkit.conntrack.NatRange;
import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.wire.MessageWriter;
import java.net.Inet6Address;
import java.net.InetAddress;

/** Writes the target of a translation ({@code CTA_NAT_SRC}, {@code CTA_NAT_DST}). */
final class NatWriter {
    private NatWriter() {}

    static void write(MessageWriter writer, int type, NatRange range) {
        int nest = writer.beginNest(type);
        range.firstAddress().ifPresent(first -> address(writer, Cta.NAT_V4_MINIP, Cta.NAT_V6_MINIP, first));
        range.lastAddress().ifPresent(last -> address(writer, Cta.NAT_V4_MAXIP, Cta.NAT_V6_MAXIP, last));
        if (range.firstPort().isPresent() && range.lastPort().isPresent()) {
            int ports = writer.beginNest(Cta.NAT_PROTO);
            writer.be16(Cta.PROTONAT_PORT_MIN, range.firstPort().getAsInt());
            writer.be16(Cta.PROTONAT_PORT_MAX, range.lastPort().getAsInt());
            writer.endNest(ports);
        }
        writer.endNest(nest);
    }

    private static void address(MessageWriter writer, int four, int six, InetAddress address) {
        writer.bytes(address instanceof Inet6Address ? six : four, address.getAddress());
    }
}
