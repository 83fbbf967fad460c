// SPDX-License-Identifier: Apache-2.0
/** What runs on each host: its connections as flow records in Kafka, with an account of what was lost. */
@NullMarked
package dev.nfkit.samples.fleet.agent;

import org.jspecify.annotations.NullMarked;
