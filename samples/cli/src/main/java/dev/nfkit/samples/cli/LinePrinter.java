package dev.nfkit.samples.cli;

import dev.nfkit.netfilter.HardwareAddress;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.socket.KernelView;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A packet as a line for people, such as {@code 20:12:33.123456 nflog:30 LOCAL_OUT out lo "ping " ICMP 10.9.0.1 >
 * 10.9.0.2, 84 bytes, uid 0}.
 */
final class LinePrinter implements PacketPrinter {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT);

    private final KernelView kernel;
    private final ZoneId zone = ZoneId.systemDefault();
    private final Map<Long, String> names = new HashMap<>();
    private final IpGlance ip = new IpGlance();

    LinePrinter(KernelView kernel) {
        this.kernel = kernel;
    }

    @Override
    public void print(NflogPacket packet, StringBuilder line) {
        long nanos = packet.capturedAtNanos();
        Instant instant =
                Instant.ofEpochSecond(Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
        TIME.formatTo(instant.atZone(zone), line);
        line.append("  nflog:").append(packet.group());
        if (packet.has(NflogAttribute.PACKET_HDR)) {
            pad(line.append("  "), packet.hook().name(), 9);
        }
        device(packet, NflogAttribute.IFINDEX_INDEV, " in ", line);
        device(packet, NflogAttribute.IFINDEX_OUTDEV, " out ", line);
        device(packet, NflogAttribute.IFINDEX_PHYSINDEV, " physin ", line);
        device(packet, NflogAttribute.IFINDEX_PHYSOUTDEV, " physout ", line);
        line.append("  ");
        if (packet.has(NflogAttribute.PREFIX) && !packet.prefix().isEmpty()) {
            printable(line.append('"'), packet.prefix());
            line.append("\"  ");
        }
        describe(packet, line);
        details(packet, line);
    }

    private static void pad(StringBuilder line, String text, int width) {
        line.append(text);
        for (int i = text.length(); i < width; i++) {
            line.append(' ');
        }
    }

    private void device(NflogPacket packet, NflogAttribute attribute, String word, StringBuilder line) {
        if (packet.has(attribute)) {
            line.append(word).append(name(packet.bytes(attribute).u32(0)));
        }
    }

    private String name(long index) {
        return names.computeIfAbsent(index, any -> kernel.interfaceName(index).orElse("ifindex " + index));
    }

    /** A rule's prefix may hold anything; a terminal should not obey it. */
    private static void printable(StringBuilder line, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            line.append(Character.isISOControl(c) ? '.' : c);
        }
    }

    private void describe(NflogPacket packet, StringBuilder line) {
        if (ip.wrap(packet)) {
            ip.describe(line);
        } else if (packet.has(NflogAttribute.PACKET_HDR)) {
            line.append("ethertype 0x").append(String.format(Locale.ROOT, "%04x", packet.hwProtocol()));
        } else {
            line.append("packet");
        }
        if (!packet.has(NflogAttribute.PAYLOAD)) {
            line.append(", no payload");
            return;
        }
        line.append(", ").append(packet.originalLength()).append(" bytes");
        if (packet.truncated()) {
            line.append(" (cut to ").append(packet.payload().length()).append(')');
        }
    }

    private static void details(NflogPacket packet, StringBuilder line) {
        if (packet.mark() != 0) {
            line.append(", mark 0x").append(Long.toHexString(packet.mark()));
        }
        if (packet.has(NflogAttribute.UID)) {
            line.append(", uid ").append(packet.uid());
        }
        if (packet.has(NflogAttribute.HWADDR)) {
            HardwareAddress address = packet.hardwareAddress();
            if (!address.equals(new HardwareAddress(new byte[address.length()]))) { // the loopback's is all zero
                line.append(", from ").append(address);
            }
        }
        if (packet.has(NflogAttribute.VLAN)) {
            line.append(", vlan ").append(packet.vlan().id());
        }
    }
}
