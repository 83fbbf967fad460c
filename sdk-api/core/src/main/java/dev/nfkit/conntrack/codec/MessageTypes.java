package dev.nfkit.conntrack.codec;

/** The types of ctnetlink's messages: the subsystem in the upper byte. */
public final class MessageTypes {
    public static final int CT_NEW = 0x100;
    public static final int CT_GET = 0x101;
    public static final int CT_DELETE = 0x102;
    public static final int CT_GET_CTRZERO = 0x103;
    public static final int CT_GET_STATS_CPU = 0x104;
    public static final int CT_GET_STATS = 0x105;
    public static final int CT_GET_DYING = 0x106;
    public static final int CT_GET_UNCONFIRMED = 0x107;
    public static final int EXP_NEW = 0x200;
    public static final int EXP_GET = 0x201;
    public static final int EXP_DELETE = 0x202;
    public static final int EXP_GET_STATS_CPU = 0x203;

    private MessageTypes() {}
}
