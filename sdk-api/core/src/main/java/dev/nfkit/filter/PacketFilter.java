// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.filter;

import java.util.List;

/**
 * A condition on packets, in the language of the command line: {@code udp dport 53 and not src 10.0.0.0/8}. It is for
 * decisions in the program; a rule of the kernel costs less, since packets that it refuses do not come to user space.
 *
 * <pre>{@code
 * PacketFilter dns = PacketFilter.parse("udp port 53 or tcp port 53");
 * FilterView view = FilterView.of(transport.kernel());
 * session.run(packet -> {
 *     if (dns.matches(view.wrap(packet))) {
 *         ...
 *     }
 * });
 * }</pre>
 *
 * <p>The grammar:
 *
 * <pre>
 * filter    = and {("or" | "||") and}
 * and       = not {("and" | "&amp;&amp;") not}
 * not       = ("not" | "!") not | "(" filter ")" | match
 * match     = "any" | "ip" | "ip6" | protocol | [protocol] ports | "tcp" "flags" ["!"] flag {"," ["!"] flag}
 *           | ("src" | "dst" | "host") address ["/" bits] | "mark" number ["/" mask] | "uid" n | "gid" n
 *           | "in" interface | "out" interface | "queue" n | "group" n
 *           | "len" ("&lt;" | "&lt;=" | "=" | "!=" | "&gt;=" | "&gt;") n
 * ports     = ("sport" | "dport" | "port") n ["-" n]
 * protocol  = "tcp" | "udp" | "icmp" | "icmp6" | "sctp" | "proto" n
 * flag      = "fin" | "syn" | "rst" | "psh" | "ack" | "urg" | "ece" | "cwr"
 * </pre>
 *
 * <p>{@code uid} and {@code gid} are those of the sending socket; the kernel knows them only of packets of this host, and
 * a queue must request them. {@code in} and {@code out} compare the name of the interface or bridge port. {@code queue}
 * is that of a packet of NFQUEUE, {@code group} that of a packet of NFLOG. {@code len} is the length in bytes from the IP
 * header on, including bytes that were not copied. A packet does not match a property that it does not have: no fragment
 * after the first has ports, for example.
 *
 * <p>Immutable: any number of threads may use a filter, each with a {@link FilterView} of its own. Its text can be parsed
 * to an equal filter. Matching allocates nothing.
 */
public sealed interface PacketFilter permits Combination, Match {
    /**
     * Parses a filter.
     *
     * @param text the text; empty for every packet
     * @return the filter
     * @throws FilterSyntaxException if the text is not a filter
     */
    static PacketFilter parse(String text) {
        return FilterParser.parse(text);
    }

    /**
     * The filter that matches every packet.
     *
     * @return {@code any}
     */
    static PacketFilter any() {
        return new Combination.Any();
    }

    /**
     * Whether the filter matches the packet of a view.
     *
     * @param packet the view, which shows a packet
     * @return whether it matches
     * @throws IllegalStateException if the view shows no packet
     */
    boolean matches(FilterView packet);

    /**
     * The filter that matches what both match.
     *
     * @param other another filter
     * @return this and the other
     */
    default PacketFilter and(PacketFilter other) {
        return new Combination.All(List.of(this, other));
    }

    /**
     * The filter that matches what one of both matches.
     *
     * @param other another filter
     * @return this or the other
     */
    default PacketFilter or(PacketFilter other) {
        return new Combination.Either(List.of(this, other));
    }

    /**
     * The filter that matches what this one does not match.
     *
     * @return not this
     */
    default PacketFilter negate() {
        return new Combination.Not(this);
    }
}
