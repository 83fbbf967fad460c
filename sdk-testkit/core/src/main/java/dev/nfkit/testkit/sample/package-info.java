// SPDX-License-Identifier: Apache-2.0
/** The contents of messages that tests build and models keep. */
@NullMarked
package dev.nfkit.testkit.sample;

import org.jspecify.annotations.NullMarked;
