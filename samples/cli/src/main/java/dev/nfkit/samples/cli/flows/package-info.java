// SPDX-License-Identifier: Apache-2.0
/** {@code nfkit flows}: flow records, as lines, as JSON, and as IPFIX. */
@NullMarked
package dev.nfkit.samples.cli.flows;

import org.jspecify.annotations.NullMarked;
