// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.conntrack.ConntrackInfo;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.netfilter.HardwareAddress;
import dev.nfkit.netfilter.InterfaceNames;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.socket.KernelView;
import dev.nfkit.wire.AttributeType;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes a packet as a line for people, such as {@code 20:12:33.123456 nflog:30 LOCAL_OUT out lo "ping " ICMP 10.9.0.1
 * > 10.9.0.2, echo request, id 7, seq 1, 84 bytes, uid 0}. The verdict follows after an arrow.
 */
public final class LinePrinter<P extends NetfilterPacket, A extends AttributeType> implements PacketPrinter<P> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT);

    private final PacketFields<P, A> fields;
    private final InterfaceNames names;
    private final ZoneId zone = ZoneId.systemDefault();
    private final IpGlance ip = new IpGlance();

    public LinePrinter(PacketFields<P, A> fields, KernelView kernel) {
        this.fields = fields;
        names = new InterfaceNames(kernel);
    }

    @Override
    public void print(P packet, @Nullable ShownVerdict verdict, StringBuilder line) {
        long nanos = packet.capturedAtNanos();
        Instant instant =
                Instant.ofEpochSecond(Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
        TIME.formatTo(instant.atZone(zone), line);
        fields.identify(packet, line.append("  "));
        if (fields.has(packet, fields.header)) {
            pad(line.append("  "), packet.hook().name(), 9);
        }
        device(packet, fields.inDevice, " in ", line);
        device(packet, fields.outDevice, " out ", line);
        device(packet, fields.physInDevice, " physin ", line);
        device(packet, fields.physOutDevice, " physout ", line);
        line.append("  ");
        fields.remark(packet, line);
        describe(packet, line);
        details(packet, line);
        if (verdict != null) {
            verdict.describe(line.append("  -> "));
        }
    }

    private static void pad(StringBuilder line, String text, int width) {
        line.append(text);
        for (int i = text.length(); i < width; i++) {
            line.append(' ');
        }
    }

    private void device(P packet, A attribute, String word, StringBuilder line) {
        if (fields.has(packet, attribute)) {
            PrintableText.append(
                    line.append(word),
                    names.apply(fields.bytes(packet, attribute).u32(0)));
        }
    }

    private void describe(P packet, StringBuilder line) {
        if (ip.wrap(packet, fields)) {
            ip.describe(line);
        } else if (fields.has(packet, fields.header)) {
            line.append("ethertype 0x").append(String.format(Locale.ROOT, "%04x", packet.etherType()));
        } else {
            line.append("packet");
        }
        if (!fields.has(packet, fields.payload)) {
            line.append(", no payload");
            return;
        }
        line.append(", ").append(packet.originalLength()).append(" bytes");
        if (packet.truncated()) {
            line.append(" (cut to ").append(packet.payload().length()).append(')');
        }
    }

    private void details(P packet, StringBuilder line) {
        if (packet.mark() != 0) {
            line.append(", mark 0x").append(Long.toHexString(packet.mark()));
        }
        if (fields.has(packet, fields.uid)) {
            line.append(", uid ").append(packet.uid());
        }
        if (fields.has(packet, fields.hardwareAddress)) {
            HardwareAddress address = packet.hardwareAddress();
            if (!address.equals(new HardwareAddress(new byte[address.length()]))) { // the loopback's is all zeros
                line.append(", from ").append(address);
            }
        }
        if (fields.has(packet, fields.vlan)) {
            line.append(", vlan ").append(packet.vlan().id());
        }
        connection(packet, line);
    }

    /** Appends the state of the packet's connection, such as {@code , ct established reply, connmark 0x7}. */
    private void connection(P packet, StringBuilder line) {
        if (fields.has(packet, fields.connectionInfo)) {
            ConntrackInfo info = packet.conntrackInfo();
            line.append(", ct ").append(info.state().name().toLowerCase(Locale.ROOT));
            line.append(info.direction() == Direction.REPLY ? " reply" : "");
        }
        if (fields.has(packet, fields.connection)) {
            try {
                long mark = packet.conntrack().mark();
                line.append(mark == 0 ? "" : ", connmark 0x" + Long.toHexString(mark));
            } catch (MalformedMessageException e) {
                line.append(", malformed connection");
            }
        }
    }
}
