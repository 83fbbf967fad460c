// SPDX-License-Identifier: Apache-2.0
/**
 * The statistics of sessions as meters of Micrometer. Start with {@link dev.nfkit.micrometer.NfkitMeters}.
 */
@NullMarked
package dev.nfkit.micrometer;

import org.jspecify.annotations.NullMarked;
