// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Objects;

/**
 * Makes a recording anonymous, so that it can be shared: entry by entry, each at its length and in its place. A
 * replacement depends on the key and the replaced value only. So equal values stay equal, the same key gives the same
 * replacements in every recording and in any order, and memory stays constant. A capture of NFLOG that {@link
 * dev.nfkit.trace.TraceReader} reads counts as a recording, and {@link dev.nfkit.trace.TraceWriter#copy} makes a capture
 * of it again. Safe for any number of threads, which wait for each other.
 *
 * <pre>{@code
 * TraceAnonymizer anonymizer = TraceAnonymizer.random(ByteOrder.nativeOrder());
 * TraceWriter writer = new TraceWriter(stream, ByteOrder.nativeOrder(), "firewall 1.2").editing(anonymizer::anonymize);
 * }</pre>
 *
 * <p><b>Replaced</b> are
 * <ul>
 *   <li>IP addresses, in packets, ARP, neighbour discovery, options and extension headers, quoted packets, and the
 *       tuples, translations and expectations of connections: one to one, and so that two replacements share exactly as
 *       many leading bits as the two addresses do (as Crypto-PAn does, with AES). A replacement may be a real address
 *       of another host;
 *   <li>link-layer addresses, one to one; one that is part of an IPv6 address stays that part;
 *   <li>IPv6 flow labels, users and groups, one to one, with no relation between the replacements of similar numbers;
 *   <li>the data of TCP, UDP and ICMP, fragments except the header of the first, and protocols that are not known here:
 *       by noise; equal data becomes equal noise;
 *   <li>prefixes of rules, security contexts, and names of helpers that are not the kernel's own: by as many letters;
 *   <li>attributes and messages that are not known here, bytes after the end of an attribute's type, padding, and
 *       everything malformed or cut: by zeros;
 *   <li>notes and comments, except those of fixed words and numbers that a recorder or a capture writes: by {@code (a
 *       note was removed)}; also the names of interfaces in them.
 * </ul>
 *
 * <p><b>Special addresses.</b> These stay: 0.0.0.0, 127.0.0.0/8, 255.255.255.255; {@code ::} and {@code ::1}; groups of
 * 224.0.0.0/23 and 239.255.255.250, IPv6 groups of a number less than 0x40000, and all-zero, broadcast and bridge group
 * addresses (01:80:c2:00:00:xx) of the link layer. These become others of the same kind: 169.254.0.0/16 and fe80::/64,
 * fd00::/8, global IPv6 addresses (2000::/3), and multicast addresses, of which IPv4's first 9 bits and IPv6's flags,
 * scope and the length of a network inside stay. A solicited-node group stays that of its address. The IPv4 address in
 * a mapped, compatible or NAT64 address (64:ff9b::/96), and the network in an IPv6 multicast address (RFC 3306), become
 * what they become by themselves. Private IPv4 addresses, broadcast addresses of networks, documentation addresses,
 * 6to4, Teredo and ISATAP addresses become any others and cannot be recognised.
 *
 * <p><b>Checksums</b> that were right are right. A wrong one becomes 0xbad0, or 0xbad1 to 0xbad3 if that is right by
 * chance. One that was not ready, or absent, stays so. If it cannot be verified, in a fragment or a cut packet, it
 * becomes noise.
 *
 * <p><b>What remains visible</b> can reveal something too, so look before you share:
 * <ul>
 *   <li>times, the lengths and the number of packets, connections and attributes; the direction and the port id of
 *       netlink sockets, which often is a process id;
 *   <li>protocols, ports, types and codes, flags, DSCP, TTL and hop limit; the identification of IP packets and echo
 *       requests; TCP sequence numbers, windows, options and timestamps; SCTP verification tags;
 *   <li>hooks, marks, interface indexes, VLANs, zones, connection labels, status, states, timeouts, counters, ids and
 *       verdicts; the number of a group or queue and its configuration; statistics; the kernel's text about an error;
 *   <li>which addresses share a prefix, and how long it is. A reader who knows the original of one replacement also
 *       knows the leading bits that any other address shares with it, and the bit after them. The special ranges are
 *       public: so the first 3 bits of every IPv4 address stay, 8 of 1.0.0.0/8, 126.0.0.0/8 and 168.0.0.0/8, and more
 *       of 169.0.0.0/8 and 240.0.0.0/4; of global IPv6 addresses the first 3;
 *   <li>that two hosts of different networks have the same interface identifier; the bits "local" and "group" of a
 *       link-layer address, and which ones share a vendor;
 *   <li>which payloads, texts and users are equal. A guess can be confirmed only with the key.
 * </ul>
 *
 * <p>With the key, the original of every address can be found, and a guess of everything else can be confirmed. The key
 * is not in the result. All this protects against readers of the recording, and not against a person who sent
 * recognisable traffic through the firewall while it was recorded (of chosen lengths, ports or times): that person can
 * recognise those packets, and the leading bits of addresses close to those used.
 */
public final class TraceAnonymizer {
    /** The fewest bytes of a key. */
    public static final int MIN_KEY = 16;

    private static final int RANDOM_KEY = 32;

    private final ByteOrder order;
    private final MessageScrub messages;

    /**
     * An anonymizer of a known seed: the same seed gives the same replacements in every recording, so that several can
     * be compared. It takes about 200,000 HMACs to make one, a fraction of a second, so that guessing a seed takes
     * long.
     *
     * @param order the byte order of the sockets that were recorded
     * @param seed any text that cannot be guessed; it is not in the result
     * @throws IllegalArgumentException if the seed is empty
     */
    public TraceAnonymizer(ByteOrder order, String seed) {
        this(order, Key.secret(requireText(seed)));
    }

    private TraceAnonymizer(ByteOrder order, byte[] secret) {
        this.order = Objects.requireNonNull(order);
        this.messages = new MessageScrub(new Scrub(secret));
    }

    private static String requireText(String seed) {
        if (seed.isEmpty()) {
            throw new IllegalArgumentException("the seed is empty");
        }
        return seed;
    }

    /**
     * An anonymizer of a known key, such as the contents of a file: the same key gives the same replacements in every
     * recording.
     *
     * @param order the byte order of the sockets that were recorded
     * @param key at least {@value #MIN_KEY} bytes from a random source; they are not in the result
     * @return a new anonymizer
     * @throws IllegalArgumentException if the key is shorter
     */
    public static TraceAnonymizer withKey(ByteOrder order, byte[] key) {
        if (key.length < MIN_KEY) {
            throw new IllegalArgumentException(
                    "a key of " + key.length + " bytes is shorter than " + MIN_KEY + " bytes");
        }
        return new TraceAnonymizer(order, key.clone());
    }

    /**
     * An anonymizer of a random key, which is forgotten with it: the replacements cannot be repeated.
     *
     * @param order the byte order of the sockets that were recorded
     * @return a new anonymizer
     */
    public static TraceAnonymizer random(ByteOrder order) {
        byte[] key = new byte[RANDOM_KEY];
        new SecureRandom().nextBytes(key);
        return new TraceAnonymizer(order, key);
    }

    /**
     * Makes one entry anonymous.
     *
     * @param entry the entry, which stays as it is
     * @return an entry of the same kind, time, protocol and length
     */
    public synchronized TraceEntry anonymize(TraceEntry entry) {
        byte[] bytes = entry.datagram().toArray();
        messages.replace(bytes, entry.protocol(), order);
        return new TraceEntry(
                entry.kind(),
                entry.epochNanos(),
                entry.protocol(),
                bytes.length == 0 ? new BytesView() : Bytes.of(bytes),
                entry.truncated(),
                entry.comment().map(Notes::anonymous).orElse(null),
                entry.socket());
    }

    /**
     * Makes a recording anonymous.
     *
     * @param trace the recording, of this anonymizer's byte order
     * @return a recording of as many entries
     * @throws IllegalArgumentException if the recording is of the other byte order
     */
    public Trace anonymize(Trace trace) {
        if (trace.order() != order) {
            throw new IllegalArgumentException("the recording is " + trace.order() + ", the anonymizer " + order);
        }
        return new Trace(trace.entries().stream().map(this::anonymize).toList(), order);
    }
}
