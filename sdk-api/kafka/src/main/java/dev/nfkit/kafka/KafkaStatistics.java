// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

import java.util.Optional;

/**
 * What a {@link KafkaFlows} has done since it was opened, and what waits. A snapshot.
 *
 * @param stored reports that the brokers have stored
 * @param waiting reports in the spool that they have not
 * @param spoolBytes the size of the spool
 * @param lost reports that the spool dropped or could not write, or that the brokers refuse for ever
 * @param failures failed attempts to send
 * @param problem why the last attempt failed; empty if it succeeded
 */
public record KafkaStatistics(
        long stored, long waiting, long spoolBytes, long lost, long failures, Optional<String> problem) {}
