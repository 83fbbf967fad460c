// SPDX-License-Identifier: Apache-2.0
/** The rules of sockets in memory, whatever they receive. */
@NullMarked
package dev.nfkit.testkit.socket;

import org.jspecify.annotations.NullMarked;
