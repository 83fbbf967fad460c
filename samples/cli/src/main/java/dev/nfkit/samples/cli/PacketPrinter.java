package dev.nfkit.samples.cli;

import dev.nfkit.nflog.NflogPacket;

/** Writes a packet as one line. */
interface PacketPrinter {
    /** Appends the packet's line, without its end. */
    void print(NflogPacket packet, StringBuilder line);
}
