// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

/**
 * Estimates the density of datagrams, so that a receive requests no more than are likely to be available: after a
 * single datagram {@code recvmmsg} makes another attempt, which adds a twentieth to the round trip. Used by the
 * receiving thread only.
 */
final class Density {
    /** The number of single datagrams in a row after which they count as sparse. */
    private static final int LONE = 8;
    /** Of sparse datagrams, each one of this number is received with a request for more. */
    private static final int LOOK = 8;

    private int lone;
    private int alone;

    /** The number of datagrams to request, at most the number that fits. */
    int ask(int slots) {
        return lone < LONE || alone >= LOOK - 1 ? slots : 1;
    }

    /** Records the result of a request. */
    void came(int asked, int count) {
        if (asked == 1) {
            alone++;
        } else {
            alone = 0;
            lone = count == 1 ? lone + 1 : 0;
        }
    }

    /** Records that more datagrams are or were available than requested. */
    void crowded() {
        lone = 0;
    }
}
