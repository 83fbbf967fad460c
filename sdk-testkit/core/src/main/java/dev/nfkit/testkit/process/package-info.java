// SPDX-License-Identifier: Apache-2.0
/** The sockets of a kernel in memory, and the routes to its addresses. */
@NullMarked
package dev.nfkit.testkit.process;

import org.jspecify.annotations.NullMarked;
