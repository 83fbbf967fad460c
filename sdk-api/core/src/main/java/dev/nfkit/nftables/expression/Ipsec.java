// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * What a rule reads from the IPsec state of a packet, such as {@code ipsec in reqid}.
 *
 * <p>Follows {@code nft_xfrm.c}.
 *
 * @param outgoing true for the state that the packet will pass, false for one that it passed
 * @param index which of several states, 0 to 255
 * @param key what is read
 */
public record Ipsec(boolean outgoing, int index, Key key) implements Selector {
    /** What is read ({@code NFT_XFRM_KEY_*}). */
    public enum Key {
        /** The IPv4 address of the tunnel's destination. */
        IP_DADDR(1, "ip daddr", DataType.IPV4_ADDR, 32),
        /** The IPv6 address of the tunnel's destination. */
        IP6_DADDR(2, "ip6 daddr", DataType.IPV6_ADDR, 128),
        /** The IPv4 address of the tunnel's source. */
        IP_SADDR(3, "ip saddr", DataType.IPV4_ADDR, 32),
        /** The IPv6 address of the tunnel's source. */
        IP6_SADDR(4, "ip6 saddr", DataType.IPV6_ADDR, 128),
        /** The id of the request. */
        REQID(5, "reqid", DataType.INTEGER, 32),
        /** The security parameter index. */
        SPI(6, "spi", DataType.INTEGER, 32);

        private final int number;
        private final String text;
        private final DataType type;
        private final int bits;

        Key(int number, String text, DataType type, int bits) {
            this.number = number;
            this.text = text;
            this.type = type;
            this.bits = bits;
        }

        /**
         * The kernel's number.
         *
         * @return 1 to 6
         */
        public int number() {
            return number;
        }

        /**
         * nft's name.
         *
         * @return a name such as {@code reqid}
         */
        public String text() {
            return text;
        }
    }

    /**
     * Checks the index.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public Ipsec {
        if (index < 0 || index > 255) {
            throw new IllegalArgumentException("index " + index + " is out of 0 to 255");
        }
    }

    @Override
    public DataType type() {
        return key.type;
    }

    @Override
    public int bits() {
        return key.bits;
    }

    @Override
    public boolean hostOrder() {
        return key == Key.REQID;
    }
}
