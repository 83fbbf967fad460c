// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import java.util.EnumMap;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * A number for each constant of an enum, such as the counters in a session's statistics. Immutable; a change makes a
 * copy, so this is for snapshots, not for counting.
 *
 * @param <K> the enum
 */
public final class Counts<K extends Enum<K>> {
    private final EnumMap<K, Long> numbers;

    private Counts(EnumMap<K, Long> numbers) {
        this.numbers = numbers;
    }

    /**
     * All numbers 0.
     *
     * @param keys the enum
     * @return the numbers
     * @param <K> the enum
     */
    public static <K extends Enum<K>> Counts<K> zero(Class<K> keys) {
        EnumMap<K, Long> numbers = new EnumMap<>(keys);
        for (K key : keys.getEnumConstants()) {
            numbers.put(key, 0L);
        }
        return new Counts<>(numbers);
    }

    /**
     * A number.
     *
     * @param key its constant
     * @return the number
     */
    public long get(K key) {
        return numbers.getOrDefault(key, 0L);
    }

    /**
     * A copy with another number.
     *
     * @param key its constant
     * @param number the number
     * @return the copy
     */
    public Counts<K> with(K key, long number) {
        EnumMap<K, Long> changed = numbers.clone();
        changed.put(key, number);
        return new Counts<>(changed);
    }

    /**
     * The sums of these and other numbers.
     *
     * @param other the other numbers
     * @return the sums
     */
    public Counts<K> plus(Counts<K> other) {
        EnumMap<K, Long> sums = numbers.clone();
        sums.replaceAll((key, number) -> number + other.get(key));
        return new Counts<>(sums);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Counts<?> counts && numbers.equals(counts.numbers);
    }

    @Override
    public int hashCode() {
        return numbers.hashCode();
    }

    /** All numbers by their names: {@code socketDrops=3, foreign=0}. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ");
        numbers.forEach((key, number) -> text.add(camelCase(key.name()) + "=" + number));
        return text.toString();
    }

    private static String camelCase(String constant) {
        StringBuilder name = new StringBuilder();
        for (String word : constant.toLowerCase(Locale.ROOT).split("_", -1)) {
            name.append(name.length() == 0 ? word.charAt(0) : Character.toUpperCase(word.charAt(0)));
            name.append(word, 1, word.length());
        }
        return name.toString();
    }
}
