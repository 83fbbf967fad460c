// SPDX-License-Identifier: Apache-2.0
/** The clock that sockets and models follow. */
@NullMarked
package dev.nfkit.testkit.time;

import org.jspecify.annotations.NullMarked;
