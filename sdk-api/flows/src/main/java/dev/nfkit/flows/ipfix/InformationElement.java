// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/**
 * What a field of IPFIX contains, as IANA's registry or an enterprise defines it.
 *
 * @param enterprise the private enterprise number (PEN) of the definition, 0 for IANA's registry, {@link #REVERSE} for
 *     the opposite direction (RFC 5103)
 * @param id its number there, 0 to 32767
 * @param name its name, such as {@code octetDeltaCount}; {@code enterprise:id} if it is unknown
 * @param type how its bytes are read
 */
public record InformationElement(long enterprise, int id, String name, DataType type) {
    /** The PEN of IANA's elements for the opposite direction of a biflow (RFC 5103). */
    public static final long REVERSE = 29305;

    private static final int LARGEST_ID = 0x7fff;
    private static final long LARGEST_ENTERPRISE = 0xffff_ffffL;

    /** The abstract data types of RFC 7011, section 6.1; those of integers differ only in their length. */
    public enum DataType {
        /** Bytes without further meaning. */
        OCTETS,
        /** An integer from 0, of 1 to 8 bytes. */
        UNSIGNED,
        /** An integer of two's complement, of 1 to 8 bytes. */
        SIGNED,
        /** A number of IEEE 754, of 4 or 8 bytes. */
        FLOAT,
        /** 1 is true, 2 is false. */
        BOOLEAN,
        /** Text in UTF-8. */
        STRING,
        /** An address of IPv4. */
        IPV4,
        /** An address of IPv6. */
        IPV6,
        /** An address of Ethernet. */
        MAC,
        /** Seconds since 1970, in 4 bytes. */
        SECONDS,
        /** Milliseconds since 1970, in 8 bytes. */
        MILLISECONDS,
        /** A timestamp of NTP, in 8 bytes: seconds since 1900 and a fraction. */
        NTP
    }

    /**
     * Verifies the numbers.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public InformationElement {
        if (enterprise < 0 || enterprise > LARGEST_ENTERPRISE) {
            throw new IllegalArgumentException("enterprise is from 0 to " + LARGEST_ENTERPRISE + ", not " + enterprise);
        }
        if (id < 0 || id > LARGEST_ID) {
            throw new IllegalArgumentException("id is from 0 to " + LARGEST_ID + ", not " + id);
        }
    }

    /**
     * An element of IANA's registry.
     *
     * @param id its number
     * @return the element, with its name and type if it is one of those that exporters of flows use, or else its number
     *     as name
     * @throws IllegalArgumentException if the number is out of range
     */
    public static InformationElement standard(int id) {
        InformationElement known = Registry.STANDARD.get(id);
        return known == null ? unknown(0, id) : known;
    }

    /**
     * An element of RFC 5103: that of IANA's registry for the opposite direction.
     *
     * @param id its number in IANA's registry
     * @return the element
     * @throws IllegalArgumentException if the number is out of range
     */
    public static InformationElement reverse(int id) {
        InformationElement forward = standard(id);
        return new InformationElement(REVERSE, id, reverseName(forward.name()), forward.type());
    }

    static InformationElement unknown(long enterprise, int id) {
        return new InformationElement(enterprise, id, enterprise + ":" + id, DataType.OCTETS);
    }

    private static String reverseName(String forward) {
        return "reverse" + Character.toUpperCase(forward.charAt(0)) + forward.substring(1);
    }

    /**
     * The element's name.
     *
     * @return as {@link #name}
     */
    @Override
    public String toString() {
        return name;
    }
}
