/** Fake kernels and replays of recordings as parameters of tests in JUnit 5 and 6. */
@NullMarked
package dev.nfkit.testkit.junit;

import org.jspecify.annotations.NullMarked;
