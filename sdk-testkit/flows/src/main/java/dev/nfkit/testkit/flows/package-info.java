// SPDX-License-Identifier: Apache-2.0
/**
 * For tests of what takes flow records. Start with {@link dev.nfkit.testkit.flows.SampleFlow}.
 */
@NullMarked
package dev.nfkit.testkit.flows;

import org.jspecify.annotations.NullMarked;
