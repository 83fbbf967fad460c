// SPDX-License-Identifier: Apache-2.0
/** The model of NFQUEUE. */
@NullMarked
package dev.nfkit.testkit.nfqueue;

import org.jspecify.annotations.NullMarked;
