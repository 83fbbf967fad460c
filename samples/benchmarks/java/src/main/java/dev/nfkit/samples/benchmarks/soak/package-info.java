/** A soak test: sessions on a real kernel at full speed, whose packets and events are counted to the last one. */
@NullMarked
package dev.nfkit.samples.benchmarks.soak;

import org.jspecify.annotations.NullMarked;
