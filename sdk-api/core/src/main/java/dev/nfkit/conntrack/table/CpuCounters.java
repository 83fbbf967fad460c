// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

import dev.nfkit.wire.AttributeType;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One processor's counters since the network namespace was created. Immutable.
 *
 * @param <A> the counters: {@link dev.nfkit.conntrack.StatisticsAttribute}, or
 *     {@link dev.nfkit.conntrack.StatisticsAttribute.Expectations}
 */
public final class CpuCounters<A extends Enum<A> & AttributeType> {
    private final int cpu;
    private final Map<A, Long> values;

    CpuCounters(int cpu, EnumMap<A, Long> values) {
        this.cpu = cpu;
        this.values = Collections.unmodifiableMap(new EnumMap<>(values));
    }

    /**
     * The processor.
     *
     * @return its number, from 0
     */
    public int cpu() {
        return cpu;
    }

    /**
     * One counter.
     *
     * @param counter the counter
     * @return a count, 0 to 2³²−1; it wraps
     * @throws NoSuchElementException if this kernel does not keep it
     */
    public long get(A counter) {
        Long value = values.get(counter);
        if (value == null) {
            throw new NoSuchElementException(counter.kernelName() + " is absent: this kernel does not count it");
        }
        return value;
    }

    /**
     * All counters that this kernel keeps.
     *
     * @return an immutable map
     */
    public Map<A, Long> values() {
        return values;
    }

    /**
     * Whether another object has the same counts.
     *
     * @param other what to compare with
     * @return whether processor and counts are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CpuCounters<?> counters && cpu == counters.cpu && values.equals(counters.values);
    }

    /**
     * A hash of processor and counts.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return Objects.hash(cpu, values);
    }

    /**
     * A description of the counts, for logs.
     *
     * @return text such as {@code cpu 0: {FOUND=3}}
     */
    @Override
    public String toString() {
        return "cpu " + cpu + ": " + values;
    }
}
