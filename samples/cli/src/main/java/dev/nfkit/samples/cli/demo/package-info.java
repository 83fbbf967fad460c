// SPDX-License-Identifier: Apache-2.0
/** The command demo: a capture from rule to file in a network namespace of its own. */
@NullMarked
package dev.nfkit.samples.cli.demo;

import org.jspecify.annotations.NullMarked;
