// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.packet.AddressText;
import dev.nfkit.wire.AttributeCursor;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * The content of {@code CTA_NAT_SRC} and {@code CTA_NAT_DST}.
 *
 * @param first the first address; null if only ports are translated
 * @param last the last address; null if only ports are translated
 * @param firstPort the first port, or −1
 * @param lastPort the last port, or −1
 */
public record NatFields(
        @Nullable InetAddress first, @Nullable InetAddress last, int firstPort, int lastPort) {
    private static final int IPV4_LEN = 4;
    private static final int IPV6_LEN = 16;

    static NatFields read(AttributeCursor in, AttributeCursor leaves) throws MalformedMessageException {
        InetAddress first = null;
        InetAddress last = null;
        int firstPort = -1;
        int lastPort = -1;
        while (in.next()) {
            switch (in.type()) {
                case Cta.NAT_V4_MINIP -> first = address(in, IPV4_LEN);
                case Cta.NAT_V4_MAXIP -> last = address(in, IPV4_LEN);
                case Cta.NAT_V6_MINIP -> first = address(in, IPV6_LEN);
                case Cta.NAT_V6_MAXIP -> last = address(in, IPV6_LEN);
                case Cta.NAT_PROTO -> {
                    AttributeCursor ports = in.nestAt(leaves, "IPCTNL_MSG_CT/CTA_NAT/CTA_NAT_PROTO");
                    while (ports.next()) {
                        if (ports.type() == Cta.PROTONAT_PORT_MIN) {
                            firstPort = ports.be16();
                        } else if (ports.type() == Cta.PROTONAT_PORT_MAX) {
                            lastPort = ports.be16();
                        }
                    }
                }
                default -> {} // newer kernels add some
            }
        }
        return new NatFields(first, last == null ? first : last, firstPort, Math.max(firstPort, lastPort));
    }

    private static InetAddress address(AttributeCursor in, int length) throws MalformedMessageException {
        in.require(length);
        return AddressText.toInetAddress(in.bytes(new BytesView()), 0, length);
    }
}
