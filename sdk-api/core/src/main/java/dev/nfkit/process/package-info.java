// SPDX-License-Identifier: Apache-2.0
/**
 * Which process a connection or a packet belongs to. Start with {@link dev.nfkit.process.ProcessResolver}.
 */
@NullMarked
package dev.nfkit.process;

import org.jspecify.annotations.NullMarked;
