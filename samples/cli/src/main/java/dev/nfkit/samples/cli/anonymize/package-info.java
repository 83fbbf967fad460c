// SPDX-License-Identifier: Apache-2.0
/** The command anonymize: copies a recording without what identifies hosts and users. */
@NullMarked
package dev.nfkit.samples.cli.anonymize;

import org.jspecify.annotations.NullMarked;
