// SPDX-License-Identifier: Apache-2.0
/** A soak test: runs sessions on a real kernel at full speed, and accounts for every packet and event. */
@NullMarked
package dev.nfkit.samples.benchmarks.soak;

import org.jspecify.annotations.NullMarked;
