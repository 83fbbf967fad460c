// SPDX-License-Identifier: Apache-2.0
/** {@code nfkit doctor} and {@code nfkit list}: what this machine has, and which groups and queues are in use. */
@NullMarked
package dev.nfkit.samples.cli.doctor;

import org.jspecify.annotations.NullMarked;
