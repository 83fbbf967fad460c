// SPDX-License-Identifier: Apache-2.0
/** The paths of packets through the rules, as lines and as JSON. */
@NullMarked
package dev.nfkit.samples.cli.paths;

import org.jspecify.annotations.NullMarked;
