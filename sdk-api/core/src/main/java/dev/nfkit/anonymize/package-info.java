// SPDX-License-Identifier: Apache-2.0
/**
 * Recordings that may be shared: addresses are replaced one to one under a key, payload becomes noise of its length,
 * and checksums stay right or wrong.
 */
@NullMarked
package dev.nfkit.anonymize;

import org.jspecify.annotations.NullMarked;
