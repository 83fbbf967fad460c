// SPDX-License-Identifier: Apache-2.0
/** The kernel in memory without its subsystems: sockets, receive buffers, requests, dumps. */
@NullMarked
package dev.nfkit.testkit.kernel;

import org.jspecify.annotations.NullMarked;
