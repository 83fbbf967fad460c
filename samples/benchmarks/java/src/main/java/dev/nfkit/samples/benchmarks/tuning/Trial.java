// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

/** One setting of one option, of which one figure is measured. */
interface Trial {
    /** What is measured, the same for all settings that are compared. */
    String chart();

    /** The unit of the figure. */
    String unit();

    /** The setting. */
    String label();

    /** Measures once. */
    double run() throws Exception;
}
