package dev.nfkit.conntrack.codec;

import dev.nfkit.AddressFamily;
import java.time.Duration;

/** Checks of values whose ranges are the kernel's. */
public final class Ranges {
    public static final long U32_MAX = 0xffff_ffffL;

    private Ranges() {}

    public static AddressFamily family(AddressFamily family) {
        if (!family.equals(AddressFamily.UNSPEC)
                && !family.equals(AddressFamily.IPV4)
                && !family.equals(AddressFamily.IPV6)) {
            throw new IllegalArgumentException("family " + family + " is not IPv4, IPv6 or unspecified for both");
        }
        return family;
    }

    public static int zone(int zone) {
        if (zone < 0 || zone > 0xffff) {
            throw new IllegalArgumentException("zone " + zone + " is out of 0 to 65535");
        }
        return zone;
    }

    public static long u32(String name, long value) {
        if (value < 0 || value > U32_MAX) {
            throw new IllegalArgumentException(name + " " + value + " is out of 0 to 4294967295");
        }
        return value;
    }

    public static long seconds(Duration timeout) {
        if (timeout.isNegative() || timeout.toSeconds() > U32_MAX || timeout.toNanosPart() != 0) {
            throw new IllegalArgumentException(
                    "timeout " + timeout + " is no whole number of seconds, 0 to 4294967295");
        }
        return timeout.toSeconds();
    }
}
