// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/** The counts of readers. One thread changes them. */
final class ReadCounts {
    long messages;
    long reports;
    long records;
    long lost;
    long late;
    long undecodedSets;
    long templates;
    long refusedTemplates;
    long refusedMessages;
    long malformed;

    ReadStatistics snapshot() {
        return new ReadStatistics(
                messages,
                reports,
                records,
                lost,
                late,
                undecodedSets,
                templates,
                refusedTemplates,
                refusedMessages,
                malformed);
    }
}
