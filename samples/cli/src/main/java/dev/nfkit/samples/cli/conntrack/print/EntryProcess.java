// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.process.UnknownReason;

/** The process of an entry of the table. */
final class EntryProcess {
    private EntryProcess() {}

    /** Asks for the process at an end of a connection, with the tuples that the kernel sent. */
    static Attribution of(ConntrackEntry entry, ProcessResolver processes) {
        if (!entry.has(ConntrackAttribute.TUPLE_ORIG)) {
            return Attribution.unknown(UnknownReason.NOT_ASKED);
        }
        return entry.has(ConntrackAttribute.TUPLE_REPLY)
                ? processes.resolve(entry.original(), entry.reply())
                : processes.resolve(entry.original());
    }
}
