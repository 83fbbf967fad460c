// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/**
 * The counts of a collector since it was opened.
 *
 * @param read what was read
 * @param exporters exporters over UDP and connections over TCP that are remembered
 * @param refusedMessages messages over UDP that were not read because of {@link IpfixCollectorOptions#maxExporters}
 * @param refusedConnections connections over TCP that were closed at once, likewise
 * @param brokenConnections connections over TCP that ended because of a malformed message, or in the middle of one
 */
public record CollectorStatistics(
        ReadStatistics read, int exporters, long refusedMessages, long refusedConnections, long brokenConnections) {}
