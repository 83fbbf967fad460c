// SPDX-License-Identifier: Apache-2.0
/**
 * Flow records: which connection carried how much, from when to when. Start with {@link dev.nfkit.flows.FlowMeter}.
 */
@NullMarked
package dev.nfkit.flows;

import org.jspecify.annotations.NullMarked;
