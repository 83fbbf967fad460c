// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

/** A capture's counters of one group, across its files, and the group's interface in the current file. */
final class GroupTally {
    final int group;
    int snapLength;
    int interfaceId = -1;
    long received;
    long missing;
    /** The latest known kernel time, by the clock with the number {@link #clock}. */
    long kernelTime;

    int clock;
    private long nextSequence;

    GroupTally(int group) {
        this.group = group;
    }

    void count(NflogPacket packet) {
        received++;
        if (packet.has(NflogAttribute.SEQ)) {
            long sequence = packet.sequence();
            long gap = (sequence - nextSequence) & 0xffff_ffffL;
            if (gap < 0x8000_0000L) {
                missing += gap;
            }
            nextSequence = (sequence + 1) & 0xffff_ffffL;
        }
    }
}
