// SPDX-License-Identifier: Apache-2.0
/** Answers questions from the stores of all instances, over HTTP. */
@NullMarked
package dev.nfkit.samples.fleet.query;

import org.jspecify.annotations.NullMarked;
