// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.AddressFamily;
import java.time.Duration;

/** Checks of values whose ranges are the kernel's. */
public final class Ranges {
    /** The largest number of 32 bits. */
    public static final long U32_MAX = 0xffff_ffffL;

    private Ranges() {}

    /**
     * Checks a number.
     *
     * @param most the largest value
     * @param name the number's name, for errors
     * @param value the number
     * @return the number
     * @throws IllegalArgumentException if it is out of range
     */
    public static int upTo(int most, String name, int value) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(name + " " + value + " is out of 0 to " + most);
        }
        return value;
    }

    /**
     * Checks a family of connections.
     *
     * @param family IPv4, IPv6, or unspecified for both
     * @return the family
     * @throws IllegalArgumentException if it is another family
     */
    public static AddressFamily family(AddressFamily family) {
        if (!family.equals(AddressFamily.UNSPEC)
                && !family.equals(AddressFamily.IPV4)
                && !family.equals(AddressFamily.IPV6)) {
            throw new IllegalArgumentException("family " + family + " is not IPv4, IPv6 or unspecified for both");
        }
        return family;
    }

    /**
     * Checks a zone.
     *
     * @param zone 0 to 65535
     * @return the zone
     * @throws IllegalArgumentException if it is out of range
     */
    public static int zone(int zone) {
        return upTo(0xffff, "zone", zone);
    }

    /**
     * Checks a number of 32 bits.
     *
     * @param name the number's name, for errors
     * @param value the number
     * @return the number
     * @throws IllegalArgumentException if it is out of range
     */
    public static long u32(String name, long value) {
        if (value < 0 || value > U32_MAX) {
            throw new IllegalArgumentException(name + " " + value + " is out of 0 to 4294967295");
        }
        return value;
    }

    /**
     * Checks a timeout.
     *
     * @param timeout whole seconds, 0 to 2³²−1
     * @return the seconds
     * @throws IllegalArgumentException if it is out of range or not a whole number of seconds
     */
    public static long seconds(Duration timeout) {
        if (timeout.isNegative() || timeout.toSeconds() > U32_MAX || timeout.toNanosPart() != 0) {
            throw new IllegalArgumentException(
                    "timeout " + timeout + " is no whole number of seconds, 0 to 4294967295");
        }
        return timeout.toSeconds();
    }
}
