// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/** The place in a packet that offsets count from ({@code NFT_PAYLOAD_*_HEADER}). */
public enum PayloadBase {
    /** The link layer's header, {@code @ll}. */
    LINK(0, "ll"),
    /** The network layer's header, {@code @nh}. */
    NETWORK(1, "nh"),
    /** The transport layer's header, {@code @th}. */
    TRANSPORT(2, "th"),
    /** What follows the transport layer's header, {@code @ih}; Linux 5.16. */
    INNER(3, "ih");

    private final int number;
    private final String text;

    PayloadBase(int number, String text) {
        this.number = number;
        this.text = text;
    }

    /**
     * The kernel's number.
     *
     * @return 0 to 3
     */
    public int number() {
        return number;
    }

    /**
     * nft's name.
     *
     * @return two letters, without the at sign
     */
    public String text() {
        return text;
    }
}
