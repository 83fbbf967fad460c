// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Expression;

/**
 * Uses a named object of the table, such as {@code counter name "web"} or {@code ct helper set "ftp"}.
 *
 * <p>Follows {@code nft_objref.c}.
 *
 * @param kind the kind of object
 * @param name the object's name as {@link dev.nfkit.nftables.expression.Text}, or a lookup in a map of objects
 */
public record ObjectStatement(Kind kind, Expression name) implements Statement {
    /** A kind of object ({@code NFT_OBJECT_*}). */
    public enum Kind {
        /** Counts packets and bytes. */
        COUNTER(1, "counter"),
        /** Matches until a number of bytes has passed. */
        QUOTA(2, "quota"),
        /** Parses a protocol to find the connections that it announces. */
        CT_HELPER(3, "ct helper"),
        /** Matches until a rate is exceeded. */
        LIMIT(4, "limit"),
        /** Matches up to a number of connections. */
        CONNLIMIT(5, "ct count"),
        /** The data of a tunnel. */
        TUNNEL(6, "tunnel"),
        /** The timeouts of a connection's states. */
        CT_TIMEOUT(7, "ct timeout"),
        /** A security context. */
        SECMARK(8, "secmark"),
        /** A connection that is expected. */
        CT_EXPECTATION(9, "ct expectation"),
        /** Answers the first packets of TCP connections. */
        SYNPROXY(10, "synproxy");

        private final int number;
        private final String text;

        Kind(int number, String text) {
            this.number = number;
            this.text = text;
        }

        /**
         * The kernel's number.
         *
         * @return 1 to 10
         */
        public int number() {
            return number;
        }

        /**
         * nft's name.
         *
         * @return a name such as {@code ct helper}
         */
        public String text() {
            return text;
        }
    }
}
