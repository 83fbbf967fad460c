// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.agent;

import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.kafka.spool.SpoolLimits;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What an {@link Agent} does.
 *
 * @param host the host's name, which no other host of the fleet has
 * @param brokers the brokers to begin with
 * @param spool the directory of the spool, on a disk that survives the agent
 * @param limits of the spool
 * @param activeTimeout the longest time that an open connection carries something without a record
 * @param countsEvery how often the counts of the ledger are written
 * @param receiveBuffer of the events, in bytes
 * @param processes whether the processes of connections are looked up
 */
public record AgentOptions(
        String host,
        String brokers,
        Path spool,
        SpoolLimits limits,
        Duration activeTimeout,
        Duration countsEvery,
        int receiveBuffer,
        boolean processes) {

    /**
     * Verifies the ranges.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public AgentOptions {
        if (host.isBlank() || host.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("host is a name, not \"" + host + "\"");
        }
        if (countsEvery.toMillis() < 100 || countsEvery.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("countsEvery is from PT0.1S to PT1H, not " + countsEvery);
        }
    }

    /**
     * The defaults: records of open connections each minute, counts every five seconds, and processes.
     *
     * @param host the host's name
     * @param brokers the brokers to begin with
     * @param spool the directory of the spool
     * @return options
     */
    public static AgentOptions of(String host, String brokers, Path spool) {
        return new AgentOptions(
                host,
                brokers,
                spool,
                SpoolLimits.standard(),
                Duration.ofMinutes(1),
                Duration.ofSeconds(5),
                ConntrackEventOptions.builder().build().receiveBuffer(),
                true);
    }

    /**
     * The same with other intervals.
     *
     * @param active the active timeout
     * @param counts how often the counts are written
     * @return options
     */
    public AgentOptions intervals(Duration active, Duration counts) {
        return new AgentOptions(host, brokers, spool, limits, active, counts, receiveBuffer, processes);
    }

    /**
     * The same with another receive buffer.
     *
     * @param bytes its size
     * @return options
     */
    public AgentOptions receiveBuffer(int bytes) {
        return new AgentOptions(host, brokers, spool, limits, activeTimeout, countsEvery, bytes, processes);
    }
}
