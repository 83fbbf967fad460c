// SPDX-License-Identifier: Apache-2.0
/**
 * Flow records on Kafka. Start with {@link dev.nfkit.kafka.KafkaFlows}.
 */
@NullMarked
package dev.nfkit.kafka;

import org.jspecify.annotations.NullMarked;
