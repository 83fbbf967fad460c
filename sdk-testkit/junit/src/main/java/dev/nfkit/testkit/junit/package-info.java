// SPDX-License-Identifier: Apache-2.0
/** Fake kernels, replays of recordings and network namespaces as parameters of tests in JUnit 5 and 6. */
@NullMarked
package dev.nfkit.testkit.junit;

import org.jspecify.annotations.NullMarked;
