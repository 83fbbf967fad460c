/**
 * Recordings that may be shared: addresses and texts replaced, the same one always by the same, payload by noise of its
 * length, checksums as right as they were.
 */
@NullMarked
package dev.nfkit.anonymize;

import org.jspecify.annotations.NullMarked;
