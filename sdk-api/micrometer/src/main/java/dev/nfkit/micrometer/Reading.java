// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.micrometer;

import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * What a meter reads from statistics.
 *
 * @param name the meter's name
 * @param statistic the accessor's name
 * @param counter whether it only grows; otherwise it is a gauge
 * @param unit the base unit
 * @param description one sentence
 * @param value the accessor
 * @param <S> the statistics
 */
record Reading<S>(
        String name,
        String statistic,
        boolean counter,
        String unit,
        String description,
        ToDoubleFunction<? super S> value) {

    static <S> Reading<S> counter(
            String name, String statistic, String unit, String description, ToDoubleFunction<? super S> value) {
        return new Reading<>(name, statistic, true, unit, description, value);
    }

    static <S> Reading<S> gauge(
            String name, String statistic, String unit, String description, ToDoubleFunction<? super S> value) {
        return new Reading<>(name, statistic, false, unit, description, value);
    }

    /** The same reading of statistics that contain these. */
    <T> Reading<T> of(Function<? super T, ? extends S> part) {
        return new Reading<>(name, statistic, counter, unit, description, all -> value.applyAsDouble(part.apply(all)));
    }
}
