// SPDX-License-Identifier: Apache-2.0
/**
 * Faults as data, on any transport: a plan determines which fault applies to which event, a decorator injects it, and
 * many runs with different seeds search for failures.
 */
@NullMarked
package dev.nfkit.testkit.fault;

import org.jspecify.annotations.NullMarked;
