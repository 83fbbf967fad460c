// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/**
 * The sequence numbers of one observation domain: each message has the number of data records that precede it (RFC 7011,
 * section 3.1), so that the collector notices missing ones.
 */
final class SequenceCheck {
    private static final long NUMBERS = 1L << Integer.SIZE;
    private static final long HALF = NUMBERS / 2;

    /** A message with a number that is smaller by at most this is late; otherwise the exporter has begun again. */
    private static final long LATE = 1 << 16;

    private boolean known;
    private long expected;
    private long missing;

    /** What a message's number shows. */
    enum Finding {
        IN_ORDER,
        GAP,
        LATE
    }

    /**
     * Checks the number of a message.
     *
     * @return what it shows; {@link #missing} is the gap
     */
    Finding check(long sequence) {
        missing = 0;
        if (!known) {
            return Finding.IN_ORDER;
        }
        long ahead = Math.floorMod(sequence - expected, NUMBERS);
        if (ahead == 0) {
            return Finding.IN_ORDER;
        }
        if (ahead < HALF) {
            missing = ahead;
            return Finding.GAP;
        }
        return sequence != 0 && NUMBERS - ahead <= LATE ? Finding.LATE : Finding.IN_ORDER;
    }

    /** The records that are missing before the message that was checked last. */
    long missing() {
        return missing;
    }

    /** After a message in order, or after a gap. */
    void next(long sequence, long records) {
        expected = (sequence + records) % NUMBERS;
        known = true;
    }

    /** The number of records in a message is not known, so the next one begins anew. */
    void forget() {
        known = false;
    }
}
