// SPDX-License-Identifier: Apache-2.0
/** A bounded queue on disk, which a process that is killed does not lose. */
@NullMarked
package dev.nfkit.kafka.spool;

import org.jspecify.annotations.NullMarked;
