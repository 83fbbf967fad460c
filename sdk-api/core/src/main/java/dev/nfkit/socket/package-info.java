// SPDX-License-Identifier: Apache-2.0
/**
 * The seam between nfkit and the operating system. Everything above it is pure Java and runs anywhere; below it are the
 * Linux socket, a replayed recording or a fake.
 */
@NullMarked
package dev.nfkit.socket;

import org.jspecify.annotations.NullMarked;
