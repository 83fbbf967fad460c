// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

/** What a verdict may jump to: a {@link CodeChain}. */
public interface JumpTarget {}
