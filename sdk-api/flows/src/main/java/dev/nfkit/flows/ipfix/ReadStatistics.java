// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/**
 * What was read so far.
 *
 * @param messages messages that were read, malformed ones not included
 * @param reports flows and losses of nfkit
 * @param records other data records
 * @param lost data records that did not arrive, by the sequence numbers
 * @param late messages that arrived after later ones; their records are no longer in {@code lost}
 * @param undecodedSets sets of data without a template: it was lost, is too old, or was refused
 * @param templates templates that were received, repeated ones included
 * @param refusedTemplates templates that were not used because of {@link IpfixReaderOptions#maxTemplates} or {@link
 *     IpfixReaderOptions#maxFields}
 * @param refusedMessages messages that were not read because of {@link IpfixReaderOptions#maxDomains}
 * @param malformed messages that were malformed; records before the malformed place were delivered
 */
public record ReadStatistics(
        long messages,
        long reports,
        long records,
        long lost,
        long late,
        long undecodedSets,
        long templates,
        long refusedTemplates,
        long refusedMessages,
        long malformed) {}
