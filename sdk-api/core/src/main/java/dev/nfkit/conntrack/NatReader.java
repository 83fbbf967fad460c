package dev.nfkit.conntrack;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.packet.AddressText;
import dev.nfkit.wire.AttributeCursor;
import java.net.InetAddress;

/** Reads {@code CTA_NAT_SRC} and {@code CTA_NAT_DST}. */
final class NatReader {
    private static final int CTA_NAT_V4_MINIP = 1;
    private static final int CTA_NAT_V4_MAXIP = 2;
    private static final int CTA_NAT_PROTO = 3;
    private static final int CTA_NAT_V6_MINIP = 4;
    private static final int CTA_NAT_V6_MAXIP = 5;
    private static final int CTA_PROTONAT_PORT_MIN = 1;
    private static final int CTA_PROTONAT_PORT_MAX = 2;
    private static final int IPV4_LEN = 4;
    private static final int IPV6_LEN = 16;

    private NatReader() {}

    static NatRange read(AttributeCursor in, AttributeCursor leaves) throws MalformedMessageException {
        InetAddress first = null;
        InetAddress last = null;
        int firstPort = -1;
        int lastPort = -1;
        while (in.next()) {
            switch (in.type()) {
                case CTA_NAT_V4_MINIP -> first = address(in, IPV4_LEN);
                case CTA_NAT_V4_MAXIP -> last = address(in, IPV4_LEN);
                case CTA_NAT_V6_MINIP -> first = address(in, IPV6_LEN);
                case CTA_NAT_V6_MAXIP -> last = address(in, IPV6_LEN);
                case CTA_NAT_PROTO -> {
                    AttributeCursor ports = in.nestAt(leaves, "IPCTNL_MSG_CT/CTA_NAT/CTA_NAT_PROTO");
                    while (ports.next()) {
                        if (ports.type() == CTA_PROTONAT_PORT_MIN) {
                            firstPort = ports.be16();
                        } else if (ports.type() == CTA_PROTONAT_PORT_MAX) {
                            lastPort = ports.be16();
                        }
                    }
                }
                default -> {} // newer kernels add some
            }
        }
        return new NatRange(first, last == null ? first : last, firstPort, Math.max(firstPort, lastPort));
    }

    private static InetAddress address(AttributeCursor in, int length) throws MalformedMessageException {
        in.require(length);
        return AddressText.toInetAddress(in.bytes(new BytesView()), 0, length);
    }
}
