// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** Compares what was sent with what was delivered and what is counted as lost. One thread at a time. */
public final class Balance {
    private final long sent;
    private final long delivered;
    private final Map<String, Long> lost = new LinkedHashMap<>();
    private final Map<String, long[]> equal = new LinkedHashMap<>();

    /**
     * Creates a balance without losses.
     *
     * @param sent the packets or events that the kernel had for the session
     * @param delivered those that the application's own callback has counted
     */
    public Balance(long sent, long delivered) {
        this.sent = sent;
        this.delivered = delivered;
    }

    /**
     * Adds a loss.
     *
     * @param where the name of the counter
     * @param count the value of the counter
     * @return this balance
     */
    public Balance lost(String where, long count) {
        lost.put(where, count);
        return this;
    }

    /**
     * Adds two counts that must be equal.
     *
     * @param what what they count
     * @param first one count
     * @param second the other
     * @return this balance
     */
    public Balance equal(String what, long first, long second) {
        equal.put(what, new long[] {first, second});
        return this;
    }

    /**
     * Returns the number of packets or events sent.
     *
     * @return a count
     */
    public long sent() {
        return sent;
    }

    /**
     * Returns the number that is counted as lost.
     *
     * @return a count
     */
    public long allLost() {
        return lost.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * Describes what does not add up.
     *
     * @return a sentence; empty if everything adds up
     */
    public String problem() {
        StringJoiner text = new StringJoiner("; ");
        if (sent != delivered + allLost()) {
            text.add(String.format(Locale.ROOT, "%d are unaccounted for: %d sent", sent - delivered - allLost(), sent));
        }
        equal.forEach((what, counts) -> {
            if (counts[0] != counts[1]) {
                text.add(what + ": " + counts[0] + " and " + counts[1]);
            }
        });
        return text.toString();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(sent).append(" sent = ").append(delivered).append(" delivered");
        lost.forEach(
                (where, count) -> text.append(" + ").append(count).append(' ').append(where));
        return text.toString();
    }
}
