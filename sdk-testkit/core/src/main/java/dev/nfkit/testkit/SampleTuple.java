// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.testkit.sample.ConntrackTuple;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a connection as the kernel writes it ({@code struct nf_conntrack_tuple}): addresses, protocol, and
 * ports or their equivalents. An immutable value.
 *
 * <pre>{@code
 * SampleTuple.tcp("10.0.0.1", 40000, "10.0.0.2", 443)
 * SampleTuple.icmp("fd00::1", "fd00::2", 128, 0, 7)
 * }</pre>
 */
public final class SampleTuple {
    private final ConntrackTuple tuple;

    private SampleTuple(ConntrackTuple tuple) {
        this.tuple = tuple;
    }

    /**
     * Creates a tuple of TCP.
     *
     * @param source the sender's literal address
     * @param sourcePort 0 to 65535
     * @param target the receiver's literal address, of the same family
     * @param targetPort 0 to 65535
     * @return a tuple
     * @throws IllegalArgumentException if an address is not literal, or a number is out of range
     */
    public static SampleTuple tcp(String source, int sourcePort, String target, int targetPort) {
        return new SampleTuple(ConntrackTuple.tcp(source, sourcePort, target, targetPort));
    }

    /**
     * Creates a tuple of UDP.
     *
     * @param source the sender's literal address
     * @param sourcePort 0 to 65535
     * @param target the receiver's literal address, of the same family
     * @param targetPort 0 to 65535
     * @return a tuple
     * @throws IllegalArgumentException if an address is not literal, or a number is out of range
     */
    public static SampleTuple udp(String source, int sourcePort, String target, int targetPort) {
        return new SampleTuple(ConntrackTuple.udp(source, sourcePort, target, targetPort));
    }

    /**
     * Creates a tuple of a protocol with ports: TCP, UDP, UDP-Lite, SCTP, DCCP, or GRE with its keys.
     *
     * @param protocol {@code IPPROTO_*}, 0 to 255
     * @param source the sender's literal address
     * @param sourcePort 0 to 65535
     * @param target the receiver's literal address, of the same family
     * @param targetPort 0 to 65535
     * @return a tuple
     * @throws IllegalArgumentException if an address is not literal, the protocol has no ports, or a number is out of range
     */
    public static SampleTuple ports(int protocol, String source, int sourcePort, String target, int targetPort) {
        return new SampleTuple(ConntrackTuple.ports(protocol, source, sourcePort, target, targetPort));
    }

    /**
     * Creates a tuple of ICMP, or of ICMPv6 between IPv6 addresses.
     *
     * @param source the sender's literal address
     * @param target the receiver's literal address, of the same family
     * @param type 0 to 255
     * @param code 0 to 255
     * @param id 0 to 65535
     * @return a tuple
     * @throws IllegalArgumentException if an address is not literal, or a number is out of range
     */
    public static SampleTuple icmp(String source, String target, int type, int code, int id) {
        return new SampleTuple(ConntrackTuple.icmp(source, target, type, code, id));
    }

    /**
     * Creates a tuple of a protocol of which only the number is tracked.
     *
     * @param protocol {@code IPPROTO_*}, 0 to 255
     * @param source the sender's literal address
     * @param target the receiver's literal address, of the same family
     * @return a tuple
     * @throws IllegalArgumentException if an address is not literal, or the protocol is out of range
     */
    public static SampleTuple generic(int protocol, String source, String target) {
        return new SampleTuple(ConntrackTuple.generic(protocol, source, target));
    }

    /**
     * Returns this tuple in a zone that applies to this direction only.
     *
     * @param id 0 to 65535
     * @return a tuple
     * @throws IllegalArgumentException if it is out of range
     */
    public SampleTuple zone(int id) {
        return new SampleTuple(tuple.zone(id));
    }

    /**
     * Returns the inverted tuple: addresses and ports exchanged; for ICMP, with the type of the answer. Without a zone
     * of its own.
     *
     * @return a tuple
     */
    public SampleTuple inverted() {
        return new SampleTuple(tuple.inverted());
    }

    /**
     * Returns whether another object represents the same direction.
     *
     * @param other the other object
     * @return whether they are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SampleTuple sample && tuple.equals(sample.tuple);
    }

    /**
     * Returns a hash code.
     *
     * @return a number that is the same for equal tuples
     */
    @Override
    public int hashCode() {
        return tuple.hashCode();
    }

    /**
     * Returns protocol, addresses and ports, for messages.
     *
     * @return text such as {@code 6 10.0.0.1 40000 > 10.0.0.2 443}
     */
    @Override
    public String toString() {
        return tuple.toString();
    }

    /** The tuple, which models compare. */
    ConntrackTuple tuple() {
        return tuple;
    }
}
