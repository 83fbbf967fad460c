// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.AddressFamily;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import org.jspecify.annotations.Nullable;

/**
 * Reads tuples one after another, and allocates nothing. Also the fields of a tuple on their way from or to one of the
 * values' package.
 */
public final class TupleReader {
    /** The value of a number that is not there. */
    public static final int ABSENT = -1;

    private static final int IPV4_LEN = 4;
    private static final int IPV6_LEN = 16;

    private final TuplePath path;
    public AddressFamily family = AddressFamily.UNSPEC;
    public boolean hasSource;
    public boolean hasDestination;
    public long sourceHigh;
    public long sourceLow;
    public long destinationHigh;
    public long destinationLow;
    public int protocol;
    public int sourcePort;
    public int destinationPort;
    public int icmpId;
    public int icmpType;
    public int icmpCode;
    public int zone;

    /** The tuple that was made of these fields since they were read; null if none was. */
    public @Nullable Object made;

    /** A reader of a tuple at a place, which errors name. */
    TupleReader(TuplePath path) {
        this.path = path;
    }

    /**
     * Fields of a tuple without anything.
     *
     * @return new fields
     */
    public static TupleReader blank() {
        TupleReader fields = new TupleReader(TuplePath.ORIGINAL);
        fields.clear();
        return fields;
    }

    /** Reads the tuple in an attribute. */
    void read(AttributeCursor attribute, EntryReader.Cursors cursors) throws MalformedMessageException {
        clear();
        AttributeCursor members = attribute.nestAt(cursors.members, path.tuple);
        while (members.next()) {
            switch (members.type()) {
                case Cta.TUPLE_IP -> readIp(members.nestAt(cursors.leaves, path.ip));
                case Cta.TUPLE_PROTO -> readProto(members.nestAt(cursors.leaves, path.proto));
                case Cta.TUPLE_ZONE -> zone = members.be16();
                default -> {} // newer kernels add some
            }
        }
    }

    void clear() {
        made = null;
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
                case Cta.IP_V4_SRC -> source(leaf, IPV4_LEN);
                case Cta.IP_V6_SRC -> source(leaf, IPV6_LEN);
                case Cta.IP_V4_DST -> destination(leaf, IPV4_LEN);
                case Cta.IP_V6_DST -> destination(leaf, IPV6_LEN);
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
                case Cta.PROTO_NUM -> protocol = leaf.u8();
                case Cta.PROTO_SRC_PORT -> sourcePort = leaf.be16();
                case Cta.PROTO_DST_PORT -> destinationPort = leaf.be16();
                case Cta.PROTO_ICMP_ID, Cta.PROTO_ICMPV6_ID -> icmpId = leaf.be16();
                case Cta.PROTO_ICMP_TYPE, Cta.PROTO_ICMPV6_TYPE -> icmpType = leaf.u8();
                case Cta.PROTO_ICMP_CODE, Cta.PROTO_ICMPV6_CODE -> icmpCode = leaf.u8();
                default -> {} // newer kernels add some
            }
        }
    }

    /** Whether the addresses are those of IPv6. */
    boolean six() {
        return family.equals(AddressFamily.IPV6);
    }
}
