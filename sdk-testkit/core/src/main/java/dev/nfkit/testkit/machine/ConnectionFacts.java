// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import org.jspecify.annotations.Nullable;

/** The connection of a packet, as the test describes it, and what rules made of it. Mutable. */
public final class ConnectionFacts {
    public static final int INVALID = 1;
    public static final int ESTABLISHED = 2;
    public static final int RELATED = 4;
    public static final int NEW = 8;
    public static final int UNTRACKED = 64;

    // Bits of the status (IPS_*).
    public static final int SRC_NAT = 0x10;
    public static final int DST_NAT = 0x20;
    public static final int SRC_NAT_DONE = 0x80;
    public static final int DST_NAT_DONE = 0x100;

    private static final int LABELS = 16;
    private static final byte[] NO_LABELS = new byte[LABELS];

    /** One of the bits above. */
    public int state = NEW;

    public boolean reply;
    public int mark;
    public int status;
    public int zone;
    private byte[] labels = NO_LABELS;
    private @Nullable Tuple seen;
    /** The translation that rules decided. */
    public byte @Nullable [] newSource;

    public byte @Nullable [] newDestination;
    public int newSourcePort = -1;
    public int newDestinationPort = -1;

    public ConnectionFacts() {}

    /** What another one describes, of a packet that was not seen yet. */
    public ConnectionFacts(ConnectionFacts other) {
        state = other.state;
        reply = other.reply;
        mark = other.mark;
        status = other.status;
        zone = other.zone;
    }

    /** Whether there is an entry of the table. */
    public boolean tracked() {
        return state != INVALID && state != UNTRACKED;
    }

    /** The labels, not a copy. */
    public byte[] labels() {
        return labels;
    }

    /** Adds labels. */
    public void label(byte[] from, int offset) {
        byte[] all = labels.clone();
        for (int i = 0; i < LABELS; i++) {
            all[i] |= from[offset + i];
        }
        labels = all;
    }

    /** Connection tracking sees a packet of it. */
    void see(PacketState packet) {
        seen = new Tuple(packet);
    }

    /** The addresses and ports that connection tracking saw. */
    public Tuple seen() {
        if (seen == null) {
            throw new IllegalStateException("connection tracking has not seen the packet");
        }
        return seen;
    }
}
