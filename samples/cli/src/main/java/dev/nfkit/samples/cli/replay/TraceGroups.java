// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.trace.Trace;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.TreeSet;

/** Finds the NFLOG groups whose packets a recording contains. */
public final class TraceGroups {
    private TraceGroups() {}

    public static Set<Integer> of(Trace trace) {
        Set<Integer> groups = new TreeSet<>();
        for (TraceEntry entry : trace.entries()) {
            if (entry.kind() == TraceKind.FROM_KERNEL && entry.protocol() == Netlink.NETLINK_NETFILTER) {
                add(entry.datagram(), trace.order(), groups);
            }
        }
        return groups;
    }

    private static void add(Bytes datagram, ByteOrder order, Set<Integer> groups) {
        MessageCursor message = new MessageCursor().wrap(datagram.toByteBuffer(), 0, datagram.length(), order);
        try {
            while (message.next()) {
                if (message.type() == NflogConfig.NFULNL_MSG_PACKET && message.hasNfgenmsg()) {
                    groups.add(message.resId());
                }
            }
        } catch (MalformedMessageException e) {
            // The session reads it again and counts it.
        }
    }
}
