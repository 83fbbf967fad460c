// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/**
 * How messages are written. Immutable; {@link #defaults} and the methods that change one member make it.
 *
 * @param enterprise the private enterprise number of nfkit's own elements. The default, 32473, is the one that RFC 5612
 *     reserves for examples: nfkit has none assigned. It cannot collide with a registered one. An organization that has
 *     a number can use it, and gives the same one to its collectors
 * @param observationDomain the observation domain, which distinguishes several exporters with one address, 0 to 2³²−1
 * @param messageSize the greatest length of a message in bytes, 512 to 65535. Over UDP it should fit the path's MTU
 *     less 28 (IPv4) or 48 (IPv6)
 * @param commandLines whether the command lines of processes are written; passwords may be among them
 */
public record IpfixFormat(long enterprise, long observationDomain, int messageSize, boolean commandLines) {
    /** The number that RFC 5612 reserves for examples. */
    public static final long EXAMPLE_ENTERPRISE = 32473;

    private static final long LARGEST = 0xffff_ffffL;
    private static final int LEAST_SIZE = 512;
    private static final int MOST_SIZE = 0xffff;
    /** An Ethernet frame has 1500 bytes; this leaves some for a tunnel. */
    private static final int DATAGRAM_SIZE = 1400;

    /**
     * Verifies the ranges.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public IpfixFormat {
        require("enterprise", enterprise, 1, LARGEST);
        require("observationDomain", observationDomain, 0, LARGEST);
        require("messageSize", messageSize, LEAST_SIZE, MOST_SIZE);
        if (enterprise == InformationElement.REVERSE) {
            throw new IllegalArgumentException("enterprise " + enterprise + " is that of reverse elements (RFC 5103)");
        }
    }

    private static void require(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " is from " + least + " to " + most + ", not " + value);
        }
    }

    /**
     * The example number, observation domain 0, messages of 1400 bytes, no command lines.
     *
     * @return the defaults
     */
    public static IpfixFormat defaults() {
        return new IpfixFormat(EXAMPLE_ENTERPRISE, 0, DATAGRAM_SIZE, false);
    }

    /**
     * Another enterprise number.
     *
     * @param number 1 to 2³²−1
     * @return a format with it
     * @throws IllegalArgumentException if it is out of range
     */
    public IpfixFormat withEnterprise(long number) {
        return new IpfixFormat(number, observationDomain, messageSize, commandLines);
    }

    /**
     * Another observation domain.
     *
     * @param number 0 to 2³²−1
     * @return a format with it
     * @throws IllegalArgumentException if it is out of range
     */
    public IpfixFormat withObservationDomain(long number) {
        return new IpfixFormat(enterprise, number, messageSize, commandLines);
    }

    /**
     * Another greatest length of messages.
     *
     * @param bytes 512 to 65535
     * @return a format with it
     * @throws IllegalArgumentException if it is out of range
     */
    public IpfixFormat withMessageSize(int bytes) {
        return new IpfixFormat(enterprise, observationDomain, bytes, commandLines);
    }

    /**
     * With or without command lines.
     *
     * @param written whether they are written
     * @return a format with the choice
     */
    public IpfixFormat withCommandLines(boolean written) {
        return new IpfixFormat(enterprise, observationDomain, messageSize, written);
    }
}
