// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import org.jspecify.annotations.Nullable;

/** Formats a packet as one line. */
public interface PacketPrinter<P> {
    /**
     * Appends the packet's line, without a line break.
     *
     * @param packet the packet
     * @param verdict the verdict, if known
     * @param line the line to append to
     */
    void print(P packet, @Nullable ShownVerdict verdict, StringBuilder line);
}
