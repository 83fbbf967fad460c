package dev.nfkit.linux;

/**
 * How closely datagrams follow each other, so that a receive asks for no more than is likely there: {@code recvmmsg}
 * looks once more behind a datagram that came alone, which costs its round trip a twentieth. Only the receiving thread
 * uses it.
 */
final class Density {
    /** So many lone ones in a row make them sparse. */
    private static final int LONE = 8;
    /** Of sparse ones, so many-th is received with an eye for more. */
    private static final int LOOK = 8;

    private int lone;
    private int alone;

    /** How many datagrams to ask for, of as many as fit. */
    int ask(int slots) {
        return lone < LONE || alone >= LOOK - 1 ? slots : 1;
    }

    /** What came of it. */
    void came(int asked, int count) {
        if (asked == 1) {
            alone++;
        } else {
            alone = 0;
            lone = count == 1 ? lone + 1 : 0;
        }
    }

    /** There is more than was asked for, or was. */
    void crowded() {
        lone = 0;
    }
}
