package dev.nfkit.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.Refusal;
import dev.nfkit.channel.Refusals;
import dev.nfkit.socket.KernelView;
import dev.nfkit.wire.MessageWriter;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * The common parts of connection tracking's requests: types ({@link ConntrackMessage} for switches), checks, and the
 * meaning of refusals.
 */
final class ConntrackRequests {
    static final int CT_NEW = 0x100;
    static final int CT_GET = 0x101;
    static final int CT_DELETE = 0x102;
    static final int CT_GET_CTRZERO = 0x103;
    static final int CT_GET_STATS_CPU = 0x104;
    static final int CT_GET_STATS = 0x105;
    static final int CT_GET_DYING = 0x106;
    static final int CT_GET_UNCONFIRMED = 0x107;
    static final int EXP_NEW = 0x200;
    static final int EXP_GET = 0x201;
    static final int EXP_DELETE = 0x202;
    static final int EXP_GET_STATS_CPU = 0x203;

    private static final long U32_MAX = 0xffff_ffffL;

    private ConntrackRequests() {}

    static AddressFamily family(AddressFamily family) {
        if (!family.equals(AddressFamily.UNSPEC)
                && !family.equals(AddressFamily.IPV4)
                && !family.equals(AddressFamily.IPV6)) {
            throw new IllegalArgumentException("family " + family + " is not IPv4, IPv6 or unspecified for both");
        }
        return family;
    }

    static int zone(int zone) {
        if (zone < 0 || zone > 0xffff) {
            throw new IllegalArgumentException("zone " + zone + " is out of 0 to 65535");
        }
        return zone;
    }

    static long u32(String name, long value) {
        if (value < 0 || value > U32_MAX) {
            throw new IllegalArgumentException(name + " " + value + " is out of 0 to 4294967295");
        }
        return value;
    }

    static long seconds(Duration timeout) {
        if (timeout.isNegative() || timeout.toSeconds() > U32_MAX || timeout.toNanosPart() != 0) {
            throw new IllegalArgumentException(
                    "timeout " + timeout + " is no whole number of seconds, 0 to 4294967295");
        }
        return timeout.toSeconds();
    }

    /** Writes a tuple and its zone, which identify a connection. */
    static void tuple(MessageWriter writer, ConntrackAttribute attribute, ConntrackTuple tuple, int zone) {
        tuple.writeTo(writer, attribute.code());
        if (zone != 0) {
            writer.be16(ConntrackAttribute.ZONE.code(), zone);
        }
    }

    /** Explains a refusal. */
    static KernelRefusedException explain(KernelRefusedException refusal, KernelView kernel) {
        Errno errno = refusal.errno();
        if (errno.equals(Errno.ENOENT)) {
            return refusal.explained(Refusal.NOT_FOUND, "there is no such entry, or it no longer exists");
        }
        if (errno.equals(Errno.EEXIST)) {
            return refusal.explained(Refusal.EXISTS, "there is such an entry already, by one of its tuples");
        }
        if (errno.equals(Errno.EPERM)) {
            return Refusals.explain(refusal, "connection table", OptionalLong.empty(), false, kernel);
        }
        return refusal;
    }
}
