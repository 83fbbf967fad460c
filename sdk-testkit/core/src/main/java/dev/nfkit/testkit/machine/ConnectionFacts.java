package dev.nfkit.testkit.machine;

import org.jspecify.annotations.Nullable;

/** The connection of a packet, as the test describes it. Mutable. */
public final class ConnectionFacts {
    public static final int INVALID = 1;
    public static final int ESTABLISHED = 2;
    public static final int RELATED = 4;
    public static final int NEW = 8;
    public static final int UNTRACKED = 64;

    /** One of the bits above. */
    public int state = NEW;

    public boolean reply;
    public int mark;
    public int status;
    public int zone;
    public long expirationMillis;
    public long[] packets = new long[2];
    public long[] bytes = new long[2];
    public byte[] labels = new byte[16];
    public @Nullable String helper;
    /** The tuple of the direction of this packet: addresses and ports, or null to take those of the packet. */
    public byte @Nullable [] source;

    public byte @Nullable [] destination;
    public int sourcePort = -1;
    public int destinationPort = -1;
    public boolean sourceTranslated;
    public boolean destinationTranslated;

    /** Whether there is an entry of the table. */
    public boolean tracked() {
        return state != INVALID && state != UNTRACKED;
    }
}
