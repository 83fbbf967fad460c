// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

/**
 * One setting of one option, of which one figure is measured.
 *
 * @param chart what is measured, the same for all settings that are compared
 * @param unit the unit of the figure
 * @param label the setting
 * @param measure measures once
 */
record Trial(String chart, String unit, String label, Measure measure) {
    /** Measures a figure. */
    @FunctionalInterface
    interface Measure {
        double run() throws Exception;
    }
}
