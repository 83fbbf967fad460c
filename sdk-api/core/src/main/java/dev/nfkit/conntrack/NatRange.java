// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.conntrack.codec.NatFields;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The target of a translation ({@code CTA_NAT_SRC}, {@code CTA_NAT_DST}): one address or a range, and ports or a range
 * of them. An immutable value.
 *
 * <p>Follows {@code nfnetlink_parse_nat} in {@code nf_nat_core.c}.
 */
public final class NatRange {
    private final @Nullable InetAddress first;
    private final @Nullable InetAddress last;
    private final int firstPort;
    private final int lastPort;

    private NatRange(@Nullable InetAddress first, @Nullable InetAddress last, int firstPort, int lastPort) {
        this.first = first;
        this.last = last;
        this.firstPort = firstPort;
        this.lastPort = lastPort;
    }

    /** The range that was read. */
    static NatRange of(NatFields read) {
        return new NatRange(read.first(), read.last(), read.firstPort(), read.lastPort());
    }

    /**
     * Translation to one address; the port is kept if possible.
     *
     * @param address the address
     * @return the range
     */
    public static NatRange to(InetAddress address) {
        return new NatRange(address, address, -1, -1);
    }

    /**
     * Translation to an address of a range.
     *
     * @param first the first address
     * @param last the last, of the same family
     * @return the range
     * @throws IllegalArgumentException if the families differ
     */
    public static NatRange to(InetAddress first, InetAddress last) {
        if ((first instanceof Inet6Address) != (last instanceof Inet6Address)) {
            throw new IllegalArgumentException(
                    "first " + first.getHostAddress() + " and last " + last.getHostAddress() + " are of two families");
        }
        return new NatRange(first, last, -1, -1);
    }

    /**
     * The same with a port, or for ICMP an id, of a range.
     *
     * @param first the first port, 0 to 65535
     * @param last the last port, from the first to 65535
     * @return a new range
     * @throws IllegalArgumentException if a port is out of range
     */
    public NatRange ports(int first, int last) {
        if (first < 0 || last > 0xffff || first > last) {
            throw new IllegalArgumentException("ports " + first + " to " + last + " are out of 0 to 65535, ascending");
        }
        return new NatRange(this.first, this.last, first, last);
    }

    /**
     * The first address.
     *
     * @return the address, or empty if only ports are translated
     */
    public Optional<InetAddress> firstAddress() {
        return Optional.ofNullable(first);
    }

    /**
     * The last address.
     *
     * @return the address, or empty if only ports are translated
     */
    public Optional<InetAddress> lastAddress() {
        return Optional.ofNullable(last);
    }

    /**
     * The first port.
     *
     * @return 0 to 65535, or empty if the port is kept
     */
    public OptionalInt firstPort() {
        return firstPort < 0 ? OptionalInt.empty() : OptionalInt.of(firstPort);
    }

    /**
     * The last port.
     *
     * @return 0 to 65535, or empty if the port is kept
     */
    public OptionalInt lastPort() {
        return lastPort < 0 ? OptionalInt.empty() : OptionalInt.of(lastPort);
    }

    /**
     * Whether another object is the same range.
     *
     * @param other what to compare with
     * @return whether addresses and ports are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NatRange range
                && Objects.equals(first, range.first)
                && Objects.equals(last, range.last)
                && firstPort == range.firstPort
                && lastPort == range.lastPort;
    }

    /**
     * A hash of addresses and ports.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return Objects.hash(first, last, firstPort, lastPort);
    }

    /**
     * A description of the range, for logs.
     *
     * @return text such as {@code 10.0.0.1-10.0.0.9:1024-2048}
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (first != null && last != null) {
            text.append(first.getHostAddress());
            if (!first.equals(last)) {
                text.append('-').append(last.getHostAddress());
            }
        }
        if (firstPort >= 0) {
            text.append(':').append(firstPort);
            if (lastPort != firstPort) {
                text.append('-').append(lastPort);
            }
        }
        return text.toString();
    }
}
