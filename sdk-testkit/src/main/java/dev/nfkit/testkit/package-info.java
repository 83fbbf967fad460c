/** Fakes, faults and replay for tests. */
@NullMarked
package dev.nfkit.testkit;

import org.jspecify.annotations.NullMarked;
