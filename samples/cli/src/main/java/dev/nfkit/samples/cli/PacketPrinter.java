package dev.nfkit.samples.cli;

import org.jspecify.annotations.Nullable;

/** Formats a packet as one line. */
interface PacketPrinter<P> {
    /**
     * Appends the packet's line, without a line break.
     *
     * @param packet the packet
     * @param verdict the verdict, if known
     * @param line the line to append to
     */
    void print(P packet, @Nullable ShownVerdict verdict, StringBuilder line);
}
