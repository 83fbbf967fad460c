// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.message;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.pcap.CaptureReader;
import dev.nfkit.pcap.CaptureRecord;
import dev.nfkit.pcap.LinkType;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.Netlink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** The IP packets of a capture file, from their IP headers on. */
public final class CapturedPackets {
    private static final int ETHERNET = 1;
    private static final int LINUX_SLL = 113;
    private static final int IPV4 = 228;
    private static final int IPV6 = 229;
    private static final int LINUX_SLL2 = 276;
    private static final int ETHERNET_HEADER = 14;
    private static final int SLL_HEADER = 16;
    private static final int SLL2_HEADER = 20;

    private CapturedPackets() {}

    public static List<byte[]> read(CaptureReader reader) throws IOException {
        List<byte[]> packets = new ArrayList<>();
        for (CaptureRecord next = reader.next(); next != null; next = reader.next()) {
            Bytes data = next.data();
            Bytes packet = packet(next, data);
            int version = packet.length() == 0 ? 0 : packet.u8(0) >> 4;
            if (version == 4 || version == 6) {
                packets.add(packet.toArray());
            }
        }
        return packets;
    }

    private static Bytes packet(CaptureRecord record, Bytes data) {
        return switch (record.linkType()) {
            case LinkType.RAW, IPV4, IPV6 -> data;
            case ETHERNET -> after(data, ethernet(data));
            case LINUX_SLL -> after(data, SLL_HEADER);
            case LINUX_SLL2 -> after(data, SLL2_HEADER);
            case LinkType.NFLOG -> nflog(data, record.order());
            default ->
                throw new IllegalArgumentException("link type " + LinkType.describe(record.linkType())
                        + ": only raw IP, Ethernet, Linux cooked and NFLOG are supported");
        };
    }

    private static Bytes after(Bytes data, int header) {
        return data.length() < header ? new BytesView() : data.slice(header, data.length() - header);
    }

    /** The length of the header with its VLAN tags; the length of the frame if it carries no IP. */
    private static int ethernet(Bytes data) {
        int at = ETHERNET_HEADER;
        while (at <= data.length()) {
            int type = data.u16(at - 2);
            if (type == 0x0800 || type == 0x86dd) {
                return at;
            }
            if (type != 0x8100 && type != 0x88a8) {
                break;
            }
            at += 4;
        }
        return data.length();
    }

    private static Bytes nflog(Bytes data, ByteOrder order) {
        if (data.length() < Netlink.NFGENMSG_LEN) {
            return new BytesView();
        }
        ByteBuffer buffer = ByteBuffer.wrap(data.toArray());
        AttributeCursor attributes = new AttributeCursor()
                .wrap(buffer, Netlink.NFGENMSG_LEN, data.length() - Netlink.NFGENMSG_LEN, order, "NFLOG");
        try {
            while (attributes.next()) {
                if (attributes.type() == NflogAttribute.PAYLOAD.code()) {
                    return attributes.bytes(new BytesView()).copy();
                }
            }
        } catch (MalformedMessageException e) {
            throw new IllegalArgumentException("a malformed packet of NFLOG: " + e.getMessage(), e);
        }
        return new BytesView();
    }
}
