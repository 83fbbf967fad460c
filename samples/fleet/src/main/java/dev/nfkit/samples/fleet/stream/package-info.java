// SPDX-License-Identifier: Apache-2.0
/** The Kafka Streams job: it stores the records that agents sent once each, and sums them. */
@NullMarked
package dev.nfkit.samples.fleet.stream;

import org.jspecify.annotations.NullMarked;
