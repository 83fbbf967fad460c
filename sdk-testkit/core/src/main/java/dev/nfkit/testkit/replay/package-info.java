// SPDX-License-Identifier: Apache-2.0
/** Replays of recordings: what is received when, and what must be sent. */
@NullMarked
package dev.nfkit.testkit.replay;

import org.jspecify.annotations.NullMarked;
