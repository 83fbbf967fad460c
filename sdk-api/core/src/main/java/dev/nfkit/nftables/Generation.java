// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;

/**
 * A state of the ruleset of a network namespace. The kernel counts the batches that changed it.
 *
 * @param id the number of the state, 1 to 2³²−1
 * @param processId the process that asks, or of an event the one that made it, as {@code NFTA_GEN_PROC_PID} gives it: the
 *     id of its thread; 0 if the kernel does not report it
 * @param processName the name of that thread, at most 15 bytes; empty if the kernel does not report it
 */
public record Generation(long id, long processId, String processName) {
    /** Reads a message about a generation. */
    static Generation read(MessageCursor message) throws MalformedMessageException {
        AttributeCursor cursor = new AttributeCursor().wrap(message, "NFT_MSG_NEWGEN");
        long id = -1;
        long process = 0;
        String name = "";
        while (cursor.next()) {
            switch (cursor.type()) {
                case Nfta.GEN_ID -> id = cursor.be32();
                case Nfta.GEN_PROC_PID -> process = cursor.be32();
                case Nfta.GEN_PROC_NAME -> name = cursor.string();
                default -> {}
            }
        }
        if (id < 0) {
            throw new MalformedMessageException("NFT_MSG_NEWGEN", 0, "NFTA_GEN_ID", "none");
        }
        return new Generation(id, process, name);
    }

    /**
     * The state and the process, safe to print.
     *
     * @return text such as {@code generation 7 (nft, pid 812)}
     */
    @Override
    public String toString() {
        return PrintableText.of(
                "generation " + id + (processName.isEmpty() ? "" : " (" + processName + ", pid " + processId + ")"));
    }
}
