// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

/**
 * Discards the packet and answers with an error.
 *
 * <p>Follows {@code nft_reject.c}.
 *
 * @param kind the kind of answer
 * @param code the code of the ICMP message, 0 to 255; 0 for {@link Kind#TCP_RESET}
 */
public record Reject(Kind kind, int code) implements Statement {
    /** The kind of answer. */
    public enum Kind {
        /** A TCP segment with the flag RST. */
        TCP_RESET,
        /** An ICMP message, destination unreachable. */
        ICMP,
        /** An ICMPv6 message, destination unreachable. */
        ICMPV6,
        /** ICMP or ICMPv6, by the packet's family, with a code that both have ({@code NFT_REJECT_ICMPX_*}). */
        ICMPX
    }

    /** Answers that the port is unreachable, in the packet's own family: nft's {@code reject} in inet tables. */
    public static final Reject PORT_UNREACHABLE = new Reject(Kind.ICMPX, 1);

    /**
     * Checks the code.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public Reject {
        if (code < 0 || code > 255) {
            throw new IllegalArgumentException("code " + code + " is out of 0 to 255");
        }
    }
}
