// SPDX-License-Identifier: Apache-2.0
/** Processes and their sockets, from {@code /proc}. */
@NullMarked
package dev.nfkit.linux.process;

import org.jspecify.annotations.NullMarked;
