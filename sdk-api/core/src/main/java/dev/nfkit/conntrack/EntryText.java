// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.PrintableText;

/** An entry as one line for logs. */
final class EntryText {
    private EntryText() {}

    static String of(ConntrackEntry entry) {
        StringBuilder text = new StringBuilder(200);
        if (entry.has(ConntrackAttribute.TUPLE_ORIG)) {
            text.append(entry.original());
        }
        if (entry.has(ConntrackAttribute.TUPLE_REPLY)) {
            text.append(", answered by ").append(entry.reply());
        }
        entry.protocolInfo().ifPresent(info -> text.append(' ').append(info.stateName()));
        if (entry.has(ConntrackAttribute.STATUS)) {
            text.append(' ').append(ConntrackStatus.of(entry.status()));
        }
        if (entry.has(ConntrackAttribute.TIMEOUT)) {
            text.append(" timeout=").append(entry.timeout());
        }
        if (entry.mark() != 0) {
            text.append(" mark=").append(entry.mark());
        }
        if (entry.zone() != 0) {
            text.append(" zone=").append(entry.zone());
        }
        if (entry.hasHelper()) {
            PrintableText.append(text.append(" helper="), entry.helper());
        }
        if (entry.has(ConntrackAttribute.ID)) {
            text.append(" id=").append(entry.id());
        }
        return text.toString();
    }
}
