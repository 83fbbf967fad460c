// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

import com.google.protobuf.ByteString;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.kafka.schema.FlowMessage;
import dev.nfkit.kafka.schema.Tuple;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** The tuples of a flow as messages. */
final class TupleMessages {
    private static final int IPV6_LENGTH = 16;

    private TupleMessages() {}

    static ByteString address(InetAddress address) {
        return ByteString.copyFrom(address.getAddress());
    }

    static Tuple toMessage(ConntrackTuple tuple) {
        Tuple.Builder message =
                Tuple.newBuilder().setSrcAddr(address(tuple.source())).setDstAddr(address(tuple.destination()));
        if (tuple.hasProtocol()) {
            message.setProto(tuple.protocol());
        }
        if (tuple.hasPorts()) {
            message.setSrcPort(tuple.sourcePort()).setDstPort(tuple.destinationPort());
        }
        if (tuple.hasIcmp()) {
            message.setIcmpType(tuple.icmpType()).setIcmpCode(tuple.icmpCode()).setIcmpId(tuple.icmpId());
        }
        tuple.zone().ifPresent(message::setZone);
        return message.build();
    }

    /** The original tuple, whose fields are those of the flow. */
    static ConntrackTuple original(FlowMessage flow) {
        Tuple.Builder tuple = Tuple.newBuilder().setSrcAddr(flow.getSrcAddr()).setDstAddr(flow.getDstAddr());
        if (flow.getHasProto()) {
            tuple.setProto(flow.getProto());
        }
        if (flow.getHasPorts()) {
            tuple.setSrcPort(flow.getSrcPort()).setDstPort(flow.getDstPort());
        }
        if (flow.hasIcmpId()) {
            tuple.setIcmpType(flow.getIcmpType())
                    .setIcmpCode(flow.getIcmpCode())
                    .setIcmpId(flow.getIcmpId());
        }
        if (flow.hasOriginalZone()) {
            tuple.setZone(flow.getOriginalZone());
        }
        return read(tuple.build());
    }

    static ConntrackTuple read(Tuple message) {
        if (!message.hasProto()) {
            throw new IllegalArgumentException("proto is absent");
        }
        InetAddress source = address("src_addr", message.getSrcAddr());
        InetAddress destination = address("dst_addr", message.getDstAddr());
        ConntrackTuple tuple;
        if (message.hasIcmpId()) {
            tuple = ConntrackTuple.icmp(
                    source, destination, message.getIcmpId(), message.getIcmpType(), message.getIcmpCode());
        } else if (message.hasSrcPort()) {
            tuple = ConntrackTuple.of(
                    message.getProto(), source, message.getSrcPort(), destination, message.getDstPort());
        } else {
            tuple = ConntrackTuple.of(message.getProto(), source, destination);
        }
        return message.hasZone() ? tuple.inZone(message.getZone()) : tuple;
    }

    private static InetAddress address(String name, ByteString bytes) {
        try {
            byte[] address = bytes.toByteArray();
            // InetAddress would make an IPv4 address of a mapped one.
            return address.length == IPV6_LENGTH
                    ? Inet6Address.getByAddress(null, address, -1)
                    : InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(name + " has 4 or 16 bytes, not " + bytes.size(), e);
        }
    }
}
