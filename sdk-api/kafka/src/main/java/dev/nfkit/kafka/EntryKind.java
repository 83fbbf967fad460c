// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

/** The kinds of entries in the spool. Their numbers are on disk. */
enum EntryKind {
    /** A record of a flow that goes on. */
    INTERVAL(0),
    /** The last record of a flow. */
    END(1),
    /** A loss or counts. */
    LEDGER(2);

    private final int number;

    EntryKind(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
