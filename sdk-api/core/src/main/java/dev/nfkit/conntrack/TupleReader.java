package dev.nfkit.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import org.jspecify.annotations.Nullable;

/** Reads tuples one after another; allocates only when a tuple is requested. */
final class TupleReader {
    static final int ABSENT = -1;

    private static final int CTA_TUPLE_IP = 1;
    private static final int CTA_TUPLE_PROTO = 2;
    private static final int CTA_TUPLE_ZONE = 3;

    private static final int CTA_IP_V4_SRC = 1;
    private static final int CTA_IP_V4_DST = 2;
    private static final int CTA_IP_V6_SRC = 3;
    private static final int CTA_IP_V6_DST = 4;

    private static final int CTA_PROTO_NUM = 1;
    private static final int CTA_PROTO_SRC_PORT = 2;
    private static final int CTA_PROTO_DST_PORT = 3;
    private static final int CTA_PROTO_ICMP_ID = 4;
    private static final int CTA_PROTO_ICMP_TYPE = 5;
    private static final int CTA_PROTO_ICMP_CODE = 6;
    private static final int CTA_PROTO_ICMPV6_ID = 7;
    private static final int CTA_PROTO_ICMPV6_TYPE = 8;
    private static final int CTA_PROTO_ICMPV6_CODE = 9;

    private static final int IPV4_LEN = 4;
    private static final int IPV6_LEN = 16;

    private final TuplePath path;
    private @Nullable ConntrackTuple tuple;
    AddressFamily family = AddressFamily.UNSPEC;
    boolean hasSource;
    boolean hasDestination;
    long sourceHigh;
    long sourceLow;
    long destinationHigh;
    long destinationLow;
    int protocol;
    int sourcePort;
    int destinationPort;
    int icmpId;
    int icmpType;
    int icmpCode;
    int zone;

    /** A reader of a tuple at a place, which errors name. */
    TupleReader(TuplePath path) {
        this.path = path;
    }

    /** Reads the tuple in an attribute. */
    void read(AttributeCursor attribute, EntryReader.Cursors cursors) throws MalformedMessageException {
        clear();
        AttributeCursor members = attribute.nestAt(cursors.members, path.tuple);
        while (members.next()) {
            switch (members.type()) {
                case CTA_TUPLE_IP -> readIp(members.nestAt(cursors.leaves, path.ip));
                case CTA_TUPLE_PROTO -> readProto(members.nestAt(cursors.leaves, path.proto));
                case CTA_TUPLE_ZONE -> zone = members.be16();
                default -> {} // newer kernels add some
            }
        }
    }

    void clear() {
        tuple = null;
        family = AddressFamily.UNSPEC;
        hasSource = false;
        hasDestination = false;
        sourceHigh = 0;
        sourceLow = 0;
        destinationHigh = 0;
        destinationLow = 0;
        protocol = ABSENT;
        sourcePort = ABSENT;
        destinationPort = ABSENT;
        icmpId = ABSENT;
        icmpType = ABSENT;
        icmpCode = ABSENT;
        zone = ABSENT;
    }

    private void readIp(AttributeCursor leaf) throws MalformedMessageException {
        while (leaf.next()) {
            switch (leaf.type()) {
                case CTA_IP_V4_SRC -> source(leaf, IPV4_LEN);
                case CTA_IP_V6_SRC -> source(leaf, IPV6_LEN);
                case CTA_IP_V4_DST -> destination(leaf, IPV4_LEN);
                case CTA_IP_V6_DST -> destination(leaf, IPV6_LEN);
                default -> {} // newer kernels add some
            }
        }
    }

    private void source(AttributeCursor leaf, int length) throws MalformedMessageException {
        leaf.require(length);
        sourceHigh = length == IPV6_LEN ? leaf.u64(0) : 0;
        sourceLow = length == IPV6_LEN ? leaf.u64(Long.BYTES) : leaf.be32();
        hasSource = true;
        family = length == IPV6_LEN ? AddressFamily.IPV6 : AddressFamily.IPV4;
    }

    private void destination(AttributeCursor leaf, int length) throws MalformedMessageException {
        leaf.require(length);
        destinationHigh = length == IPV6_LEN ? leaf.u64(0) : 0;
        destinationLow = length == IPV6_LEN ? leaf.u64(Long.BYTES) : leaf.be32();
        hasDestination = true;
        family = length == IPV6_LEN ? AddressFamily.IPV6 : AddressFamily.IPV4;
    }

    private void readProto(AttributeCursor leaf) throws MalformedMessageException {
        while (leaf.next()) {
            switch (leaf.type()) {
                case CTA_PROTO_NUM -> protocol = leaf.u8();
                case CTA_PROTO_SRC_PORT -> sourcePort = leaf.be16();
                case CTA_PROTO_DST_PORT -> destinationPort = leaf.be16();
                case CTA_PROTO_ICMP_ID, CTA_PROTO_ICMPV6_ID -> icmpId = leaf.be16();
                case CTA_PROTO_ICMP_TYPE, CTA_PROTO_ICMPV6_TYPE -> icmpType = leaf.u8();
                case CTA_PROTO_ICMP_CODE, CTA_PROTO_ICMPV6_CODE -> icmpCode = leaf.u8();
                default -> {} // newer kernels add some
            }
        }
    }

    /** The last tuple read; the same object until the next read. */
    ConntrackTuple tuple() {
        ConntrackTuple known = tuple;
        if (known == null) {
            known = new ConntrackTuple(this);
            tuple = known;
        }
        return known;
    }
}
