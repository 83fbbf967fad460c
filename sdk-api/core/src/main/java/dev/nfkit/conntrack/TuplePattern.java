// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.conntrack.codec.MaskedAddress;
import dev.nfkit.conntrack.codec.Ranges;
import dev.nfkit.conntrack.codec.TupleConditions;
import dev.nfkit.conntrack.codec.TupleReader;
import dev.nfkit.packet.IpProtocol;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Selects tuples: a tuple matches if all conditions that are set are met. An immutable value; each method returns a new
 * one.
 *
 * <pre>{@code
 * TuplePattern.any().protocol(IpProtocol.TCP).destinationPort(443)
 * }</pre>
 */
public final class TuplePattern {
    private static final int UNSET = TupleConditions.UNSET;
    private static final TuplePattern ANY = new TuplePattern(TupleConditions.ANY);

    private final TupleConditions conditions;

    private TuplePattern(TupleConditions conditions) {
        this.conditions = conditions;
    }

    /** The pattern of conditions. */
    static TuplePattern with(TupleConditions conditions) {
        return new TuplePattern(conditions);
    }

    /** The conditions in the form that is compared and sent. */
    TupleConditions conditions() {
        return conditions;
    }

    /**
     * All tuples.
     *
     * @return a pattern without conditions, to start from
     */
    public static TuplePattern any() {
        return ANY;
    }

    /**
     * Matches exactly one tuple.
     *
     * @param tuple the tuple
     * @return a pattern that requires all values of the tuple
     */
    public static TuplePattern of(ConntrackTuple tuple) {
        TupleReader fields = tuple.fields();
        return new TuplePattern(new TupleConditions(
                fields.hasSource ? MaskedAddress.of(tuple.source()) : null,
                fields.hasDestination ? MaskedAddress.of(tuple.destination()) : null,
                fields.protocol,
                fields.sourcePort,
                fields.destinationPort,
                fields.icmpType,
                fields.icmpCode,
                fields.icmpId,
                fields.zone));
    }

    /**
     * Requires a source address.
     *
     * @param address the address
     * @return a new pattern
     */
    public TuplePattern source(InetAddress address) {
        return source(MaskedAddress.of(address));
    }

    /**
     * Requires a prefix of the source address.
     *
     * @param address the network's address; its bits after the prefix are ignored
     * @param prefixLength the number of bits to compare, 0 to 32, or 128 for IPv6
     * @return a new pattern
     * @throws IllegalArgumentException if the length is out of range
     */
    public TuplePattern source(InetAddress address, int prefixLength) {
        return source(MaskedAddress.of(address, prefixLength));
    }

    /**
     * Requires bits of the source address.
     *
     * @param address the address; its bits outside of the mask are ignored
     * @param mask the bits to compare, an address of the same family
     * @return a new pattern
     * @throws IllegalArgumentException if the families differ
     */
    public TuplePattern source(InetAddress address, InetAddress mask) {
        return source(MaskedAddress.of(address, mask));
    }

    private TuplePattern source(MaskedAddress address) {
        return new TuplePattern(conditions.withSource(address));
    }

    /**
     * Requires a destination address.
     *
     * @param address the address
     * @return a new pattern
     */
    public TuplePattern destination(InetAddress address) {
        return destination(MaskedAddress.of(address));
    }

    /**
     * Requires a prefix of the destination address.
     *
     * @param address the network's address; its bits after the prefix are ignored
     * @param prefixLength the number of bits to compare, 0 to 32, or 128 for IPv6
     * @return a new pattern
     * @throws IllegalArgumentException if the length is out of range
     */
    public TuplePattern destination(InetAddress address, int prefixLength) {
        return destination(MaskedAddress.of(address, prefixLength));
    }

    /**
     * Requires bits of the destination address.
     *
     * @param address the address; its bits outside of the mask are ignored
     * @param mask the bits to compare, an address of the same family
     * @return a new pattern
     * @throws IllegalArgumentException if the families differ
     */
    public TuplePattern destination(InetAddress address, InetAddress mask) {
        return destination(MaskedAddress.of(address, mask));
    }

    private TuplePattern destination(MaskedAddress address) {
        return new TuplePattern(conditions.withDestination(address));
    }

    /**
     * Requires a protocol above IP.
     *
     * @param protocol 0 to 255
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern protocol(int protocol) {
        return new TuplePattern(conditions.withProtocol(Ranges.upTo(255, "protocol", protocol)));
    }

    /**
     * Requires a source port.
     *
     * @param sourcePort 0 to 65535
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern sourcePort(int sourcePort) {
        return new TuplePattern(conditions.withSourcePort(Ranges.upTo(65535, "sourcePort", sourcePort)));
    }

    /**
     * Requires a destination port.
     *
     * @param destinationPort 0 to 65535
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern destinationPort(int destinationPort) {
        return new TuplePattern(conditions.withDestinationPort(Ranges.upTo(65535, "destinationPort", destinationPort)));
    }

    /**
     * Requires an ICMP type.
     *
     * @param icmpType 0 to 255
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern icmpType(int icmpType) {
        return new TuplePattern(conditions.withIcmpType(Ranges.upTo(255, "icmpType", icmpType)));
    }

    /**
     * Requires an ICMP code.
     *
     * @param icmpCode 0 to 255
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern icmpCode(int icmpCode) {
        return new TuplePattern(conditions.withIcmpCode(Ranges.upTo(255, "icmpCode", icmpCode)));
    }

    /**
     * Requires an ICMP identifier.
     *
     * @param icmpId 0 to 65535
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern icmpId(int icmpId) {
        return new TuplePattern(conditions.withIcmpId(Ranges.upTo(65535, "icmpId", icmpId)));
    }

    /**
     * Requires a zone that applies to the tuple's direction only.
     *
     * @param zone 0 to 65535
     * @return a new pattern
     * @throws IllegalArgumentException if it is out of range
     */
    public TuplePattern zone(int zone) {
        return new TuplePattern(conditions.withZone(Ranges.upTo(0xffff, "zone", zone)));
    }

    /**
     * Whether nothing is set.
     *
     * @return whether it matches all tuples
     */
    public boolean isAny() {
        return conditions.equals(TupleConditions.ANY);
    }

    /**
     * Whether a tuple matches.
     *
     * @param tuple the tuple
     * @return whether it meets all conditions
     */
    public boolean matches(ConntrackTuple tuple) {
        return conditions.matches(tuple.fields());
    }

    /**
     * Whether another object is the same pattern.
     *
     * @param other what to compare with
     * @return whether all conditions are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TuplePattern pattern && conditions.equals(pattern.conditions);
    }

    /**
     * A hash of all conditions.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return conditions.hashCode();
    }

    /**
     * A description of the pattern, for logs.
     *
     * @return text such as {@code tcp dport=443}; {@code any} if nothing is set
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(conditions.protocol() == UNSET ? "" : " " + IpProtocol.name(conditions.protocol()));
        text.append(conditions.source() == null ? "" : " src=" + conditions.source());
        text.append(conditions.destination() == null ? "" : " dst=" + conditions.destination());
        append(text, "sport", conditions.sourcePort());
        append(text, "dport", conditions.destinationPort());
        append(text, "type", conditions.icmpType());
        append(text, "code", conditions.icmpCode());
        append(text, "id", conditions.icmpId());
        append(text, "zone", conditions.zone());
        return text.isEmpty() ? "any" : text.substring(1);
    }

    private static void append(StringBuilder text, String name, int value) {
        if (value != UNSET) {
            text.append(' ').append(name).append('=').append(value);
        }
    }
}
