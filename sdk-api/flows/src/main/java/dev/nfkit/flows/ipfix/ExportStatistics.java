// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/**
 * The counts of an exporter since it was opened. Each report is in one of {@code records}, {@code notSentRecords} and
 * {@code unsupported}, or in the message that is being made.
 *
 * @param records data records that were sent: flows, losses and statistics
 * @param messages messages that were sent
 * @param octets their bytes
 * @param notSentRecords data records of messages that could not be sent
 * @param notSentMessages these messages
 * @param notSentPackets packets of their flow records, by the deltas of both directions
 * @param notSentOctets bytes of their flow records, likewise
 * @param refused messages that were sent by UDP, and that the collector's host refused: counted as sent too
 * @param unsupported reports that have no protocol or lack an address
 * @param shortened records whose texts were shortened because they exceeded a message
 * @param connections connections of TCP that were made
 */
public record ExportStatistics(
        long records,
        long messages,
        long octets,
        long notSentRecords,
        long notSentMessages,
        long notSentPackets,
        long notSentOctets,
        long refused,
        long unsupported,
        long shortened,
        long connections) {}
