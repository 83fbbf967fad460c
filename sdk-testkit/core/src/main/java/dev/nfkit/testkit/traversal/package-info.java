// SPDX-License-Identifier: Apache-2.0
/** The way of packets through the hooks of the kernel in memory, and what happened on it. */
@NullMarked
package dev.nfkit.testkit.traversal;

import org.jspecify.annotations.NullMarked;
