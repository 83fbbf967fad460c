// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

import dev.nfkit.CodedError;
import dev.nfkit.ErrorCode;
import java.util.Objects;

/**
 * A packet cannot be edited so that the result would be valid. Since packets come from outside, this may happen at any
 * time: let such a packet pass unchanged, or drop it. The editor remains usable; a refused change had no effect.
 */
public final class PacketEditException extends Exception implements CodedError {
    private static final long serialVersionUID = 1L;

    /** Why an edit was refused. */
    public enum Reason {
        /** The bytes do not start with an IPv4 or IPv6 header. */
        NOT_IP("the bytes start with no IPv4 or IPv6 header"),
        /** There are fewer bytes than the header's length: the packet was cut at its copy range. */
        CUT("the packet is cut: its header's length exceeds the bytes that are present; raise the copy range"),
        /** The headers contradict themselves: a length below that of a header, or one that leaves the packet. */
        MALFORMED("the packet is malformed: a header's length contradicts the packet's"),
        /** The length does not fit the header's 16 bits: a jumbogram, BIG TCP, or a payload that is too long. */
        TOO_LONG(
                "the packet's length would not fit the 16 bits of its header (jumbogram, BIG TCP, or payload too long)"),
        /**
         * The packet is a fragment. Its checksum covers bytes that are not present, and only the first fragment has
         * ports. If connection tracking is in use, the kernel reassembles packets before most rules see them.
         */
        FRAGMENT("the packet is a fragment; connection tracking would make the kernel reassemble it before the rule"),
        /** An IPv4 address for an IPv6 packet, or the other way round. */
        ADDRESS_FAMILY("the address is of the other family than the packet"),
        /**
         * A signature covers what was to be changed: an authentication header (AH), or TCP's MD5 or authentication
         * option.
         */
        AUTHENTICATED("a signature covers it (an authentication header, or TCP's MD5 or authentication option)"),
        /** The payload is encrypted by ESP, and its checksum with it. */
        ENCRYPTED("ESP encrypted the transport header and its checksum"),
        /**
         * The addresses in the header are not those the checksum covers: an unfinished IPv4 source route or IPv6
         * routing header, or a mobile node's home address.
         */
        SOURCE_ROUTE(
                "the header's addresses are not the final ones (source route, routing header with segments left, or home"
                        + " address)"),
        /** The packet carries a protocol whose checksum is not supported. */
        UNKNOWN_TRANSPORT("the packet carries a protocol whose checksum is not supported, or a tunnel"),
        /** What the packet carries has no such field: a port of an ICMP packet, TCP flags of UDP. */
        NO_SUCH_FIELD("what the packet carries has no such field");

        private final String words;

        Reason(String words) {
            this.words = words;
        }

        /**
         * The reason in words.
         *
         * @return English text without a full stop
         */
        public String words() {
            return words;
        }
    }

    private final Reason reason;

    /**
     * Describes a refusal.
     *
     * @param what the edit, such as {@code replace the source port}
     * @param reason why it was refused
     */
    public PacketEditException(String what, Reason reason) {
        super("cannot " + what + ": " + Objects.requireNonNull(reason, "reason").words());
        this.reason = reason;
    }

    /**
     * Why the edit was refused.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }

    /**
     * The code of this error.
     *
     * @return {@link ErrorCode#PACKET_EDIT}
     */
    @Override
    public ErrorCode code() {
        return ErrorCode.PACKET_EDIT;
    }
}
