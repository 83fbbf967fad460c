package dev.nfkit.samples.cli;

import org.jspecify.annotations.Nullable;

/** Writes a packet as one line. */
interface PacketPrinter<P> {
    /**
     * Appends the packet's line, without its end.
     *
     * @param packet the packet
     * @param verdict what became of it, where that is known
     * @param line where to
     */
    void print(P packet, @Nullable ShownVerdict verdict, StringBuilder line);
}
