package dev.nfkit.anonymize;

import dev.nfkit.Bytes;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Makes a recording anonymous, so that it may be shared: entry by entry, each of its length, in its place, and the same
 * value always by the same one, so that what belongs together is still seen to. Safe for any number of threads.
 *
 * <pre>{@code
 * TraceAnonymizer anonymizer = TraceAnonymizer.random(ByteOrder.nativeOrder());
 * TraceWriter writer = new TraceWriter(stream, ByteOrder.nativeOrder(), "firewall 1.2").editing(anonymizer::anonymize);
 * }</pre>
 *
 * <p><b>Replaced</b> are
 * <ul>
 *   <li>IP addresses, in packets, ARP, neighbour discovery, options and extension headers, quoted packets, and the
 *       tuples, translations and expectations of connections: IPv4 by addresses of 10.0.0.0/8, networks of 24 bits
 *       staying together, IPv6 by addresses of 2001:db8::/32, networks of 64 bits staying together; unspecified,
 *       loopback, multicast and broadcast addresses stay, as does what makes an address link-local;
 *   <li>link-layer addresses, by locally administered ones; those of groups stay;
 *   <li>all that TCP, UDP and ICMP carry, fragments but the first one's header, and protocols that are not known here:
 *       by noise;
 *   <li>prefixes of rules and security contexts: by letters of the same number; users and groups, but root: by others;
 *   <li>attributes and messages that are not known here, and what is malformed or cut: by zeros; notes, but those of a
 *       recorder itself: by a word that says so.
 * </ul>
 *
 * <p>Checksums are right where they were right, wrong where they were wrong, and not ready where they were not.
 *
 * <p><b>What stays</b> can tell something too, so look before you share: ports, lengths and times; protocols, flags, TTL
 * and TCP's sequence numbers and timestamps; marks, interface indexes, VLANs, connection labels; port ids of sockets,
 * which often are process ids. Who has the seed can tell whether an address is in the recording. From 65,536 IPv4
 * networks on, several share one.
 */
public final class TraceAnonymizer {
    /** What a recorder notes of its own accord names nobody, but in a filter and in the reason of an error. */
    private static final Pattern PLAIN_NOTE = Pattern.compile(
            "overrun(, \\d+ datagrams lost so far)?|no filter|set [A-Z_]+ to \\d+|flight recorder of [\\w :;,()]+");

    private static final Pattern UNSENT = Pattern.compile("the datagram was not sent: .*", Pattern.DOTALL);
    private static final int RANDOM_BITS = 128;

    private final ByteOrder order;
    private final MessageScrub messages;

    /**
     * An anonymizer whose seed is known: the same seed gives the same replacements in every recording, so that several can
     * be compared, and so that who knows the seed can find out whether an address is among them.
     *
     * @param order the byte order of the sockets that were recorded
     * @param seed any text, the longer the better; it is not in the result
     */
    public TraceAnonymizer(ByteOrder order, String seed) {
        this.order = Objects.requireNonNull(order);
        this.messages = new MessageScrub(new Scrub(seed));
    }

    /**
     * An anonymizer whose seed nobody knows.
     *
     * @param order the byte order of the sockets that were recorded
     * @return a new anonymizer
     */
    public static TraceAnonymizer random(ByteOrder order) {
        return new TraceAnonymizer(order, new BigInteger(RANDOM_BITS, new SecureRandom()).toString());
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
                bytes.length == 0 ? new Bytes() : Bytes.of(bytes),
                entry.truncated(),
                entry.comment().map(TraceAnonymizer::note).orElse(null),
                entry.socket());
    }

    private static String note(String text) {
        if (PLAIN_NOTE.matcher(text).matches()) {
            return text;
        }
        return UNSENT.matcher(text).matches() ? "the datagram was not sent" : "(a note was removed)";
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
