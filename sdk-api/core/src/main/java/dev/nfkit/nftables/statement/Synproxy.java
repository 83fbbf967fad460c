// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

/**
 * Answers the first packets of TCP connections in place of the server.
 *
 * <p>Follows {@code nft_synproxy.c}.
 *
 * @param mss the maximum segment size to announce, 0 to 65535; 0 announces none
 * @param wscale the window scale to announce, 0 to 14; 0 announces none
 * @param timestamp whether timestamps are announced
 * @param sackPermitted whether selective acknowledgements are announced
 */
public record Synproxy(int mss, int wscale, boolean timestamp, boolean sackPermitted) implements Statement {
    private static final int LARGEST_SCALE = 14;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public Synproxy {
        if (mss < 0 || mss > 65_535) {
            throw new IllegalArgumentException("mss " + mss + " is out of 0 to 65535");
        }
        if (wscale < 0 || wscale > LARGEST_SCALE) {
            throw new IllegalArgumentException("wscale " + wscale + " is out of 0 to " + LARGEST_SCALE);
        }
    }
}
