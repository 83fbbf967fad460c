// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.stream;

import java.nio.ByteBuffer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/** Counts what was not stored, or not as it was received, by host where the host is known. */
public final class Faults {
    /** No record of a flow or of the ledger. */
    public static final String MALFORMED = "malformed";

    /** A record that was received before. */
    public static final String DUPLICATE = "duplicate";

    /** A record that ends in the future: a clock is wrong. It is stored with the time of receipt. */
    public static final String CLOCK_AHEAD = "clock-ahead";

    /** A record that is older than the retention: queries do not find it. */
    public static final String TOO_OLD = "too-old";

    private final KeyValueStore<Bytes, byte[]> store;

    Faults(KeyValueStore<Bytes, byte[]> store) {
        this.store = store;
    }

    void count(String kind, String host) {
        Bytes key = Keys.host(kind + '\n' + host);
        store.put(key, bytes(number(store.get(key)) + 1));
    }

    private static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    /**
     * A count in the store.
     *
     * @param stored the value; null for 0
     * @return the count
     */
    public static long number(byte @org.jspecify.annotations.Nullable [] stored) {
        return stored == null ? 0 : ByteBuffer.wrap(stored).getLong();
    }
}
