// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.Bytes;
import dev.nfkit.PrintableText;
import dev.nfkit.pcap.CapturePacket;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One entry of a recording: a datagram, an overrun, or a note. Immutable. */
public final class TraceEntry {
    /** The value of {@link #epochNanos} if the recording has no time for an entry. */
    public static final long NO_TIME = CapturePacket.NO_TIME;

    private final TraceKind kind;
    private final long epochNanos;
    private final int protocol;
    private final Bytes datagram;
    private final boolean truncated;
    private final @Nullable String comment;
    private final int socket;

    /**
     * An entry of a recording's first socket.
     *
     * @param kind its kind
     * @param epochNanos its time, in nanoseconds since 1970; or {@link #NO_TIME}
     * @param protocol the socket's netlink protocol, 0 to 65535, such as
     *     {@link dev.nfkit.wire.Netlink#NETLINK_NETFILTER}
     * @param datagram the datagram, which is kept, not copied; empty for an overrun or a note
     * @param truncated whether the datagram's end is missing
     * @param comment a remark, or null
     * @throws IllegalArgumentException if the protocol is out of range, or an overrun or a note has a datagram
     */
    public TraceEntry(
            TraceKind kind,
            long epochNanos,
            int protocol,
            Bytes datagram,
            boolean truncated,
            @Nullable String comment) {
        this(kind, epochNanos, protocol, datagram, truncated, comment, 0);
    }

    /**
     * An entry.
     *
     * @param kind its kind
     * @param epochNanos its time, in nanoseconds since 1970; or {@link #NO_TIME}
     * @param protocol the socket's netlink protocol, 0 to 65535
     * @param datagram the datagram, which is kept, not copied; empty for an overrun or a note
     * @param truncated whether the datagram's end is missing
     * @param comment a remark, or null
     * @param socket the index of its socket in the recording, from 0
     * @throws IllegalArgumentException if the protocol is out of range, the socket is negative, or an overrun or a note
     *     has a datagram
     */
    public TraceEntry(
            TraceKind kind,
            long epochNanos,
            int protocol,
            Bytes datagram,
            boolean truncated,
            @Nullable String comment,
            int socket) {
        this.kind = Objects.requireNonNull(kind);
        this.epochNanos = epochNanos;
        this.protocol = CookedHeader.checkProtocol(protocol);
        this.datagram = Objects.requireNonNull(datagram);
        this.truncated = truncated;
        this.comment = comment;
        this.socket = socket;
        if (socket < 0) {
            throw new IllegalArgumentException("socket " + socket + " is negative");
        }
        if ((kind == TraceKind.OVERRUN || kind == TraceKind.NOTE) && datagram.length() != 0) {
            throw new IllegalArgumentException(kind + " has a datagram of " + datagram.length() + " bytes");
        }
    }

    /**
     * The kind of the entry.
     *
     * @return the kind
     */
    public TraceKind kind() {
        return kind;
    }

    /**
     * When it happened, by the wall clock.
     *
     * @return nanoseconds since 1970, or {@link #NO_TIME}
     */
    public long epochNanos() {
        return epochNanos;
    }

    /**
     * The netlink protocol of the socket ({@code NETLINK_NETFILTER} is 12, {@code NETLINK_ROUTE} 0).
     *
     * @return 0 to 65535
     */
    public int protocol() {
        return protocol;
    }

    /**
     * The datagram, verbatim: one or more netlink messages.
     *
     * @return the bytes; none for an overrun or a note
     */
    public Bytes datagram() {
        return datagram;
    }

    /**
     * Whether the datagram's end is missing.
     *
     * @return whether it was longer than the recorded part
     */
    public boolean truncated() {
        return truncated;
    }

    /**
     * The socket of the recording that sent or received it. A recording by nfkit has one interface for each socket; a
     * file from an nlmon device has one interface for all sockets, and a capture of NFLOG one for each group of a socket.
     *
     * @return the index of the file's interface, from 0, counted through all of its sections
     */
    public int socket() {
        return socket;
    }

    /**
     * A remark; a note's text.
     *
     * @return the text, or empty
     */
    public Optional<String> comment() {
        return Optional.ofNullable(comment);
    }

    /**
     * Kind, length and comment, for messages.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return kind + " " + datagram.length() + " bytes" + (truncated ? ", truncated" : "")
                + (comment == null ? "" : ": " + PrintableText.of(comment));
    }
}
