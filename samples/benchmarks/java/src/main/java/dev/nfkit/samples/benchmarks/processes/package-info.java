// SPDX-License-Identifier: Apache-2.0
/** Finding the processes of connections: how long it takes, and how often it succeeds. */
@NullMarked
package dev.nfkit.samples.benchmarks.processes;

import org.jspecify.annotations.NullMarked;
