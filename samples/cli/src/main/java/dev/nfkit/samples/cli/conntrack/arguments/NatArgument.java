// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.conntrack.NatRange;
import dev.nfkit.samples.cli.arguments.NumberArgument;
import dev.nfkit.samples.cli.run.Failure;
import java.net.InetAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A translated address as an argument: empty for any, {@code 10.0.0.1}, {@code 10.0.0.1-10.0.0.9}, {@code 10.0.0.1:80},
 * {@code 10.0.0.1:1024-2048}, {@code fd00::1}, {@code [fd00::1]:80}.
 *
 * @param first the first address, or null for any
 * @param last the last address
 * @param firstPort the first port, or −1 for any
 * @param lastPort the last port
 */
public record NatArgument(
        @Nullable InetAddress first, @Nullable InetAddress last, int firstPort, int lastPort) {
    private static final int PORT_MAX = 0xffff;
    private static final Pattern PORTS = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");
    private static final Pattern BRACKETED = Pattern.compile("\\[([^\\]]+)\\]:(.*)");

    public static NatArgument parse(String option, String text) throws Failure {
        if (text.isEmpty()) {
            return new NatArgument(null, null, -1, -1);
        }
        String addresses = text;
        String ports = null;
        Matcher bracketed = BRACKETED.matcher(text);
        if (bracketed.matches()) {
            addresses = bracketed.group(1);
            ports = bracketed.group(2);
        } else if (text.indexOf(':') >= 0 && text.indexOf(':') == text.lastIndexOf(':')) {
            addresses = text.substring(0, text.indexOf(':'));
            ports = text.substring(text.indexOf(':') + 1);
        }
        String[] ends = addresses.split("-", 2);
        InetAddress first = new GivenValue(option, ends[0]).address();
        InetAddress last = ends.length < 2 ? first : new GivenValue(option, ends[1]).address();
        if (ports == null) {
            return new NatArgument(first, last, -1, -1);
        }
        Matcher matcher = PORTS.matcher(ports);
        if (!matcher.matches()) {
            throw Failure.usage(option + " " + text + ": expected a port or a range such as 1024-2048 after the colon");
        }
        int firstPort = (int) NumberArgument.parse(option, matcher.group(1), PORT_MAX);
        int lastPort =
                matcher.group(2) == null ? firstPort : (int) NumberArgument.parse(option, matcher.group(2), PORT_MAX);
        return new NatArgument(first, last, firstPort, lastPort);
    }

    /** Whether an address is in the range. */
    public boolean isAddress(InetAddress address) {
        if (first == null || last == null) {
            return true;
        }
        byte[] bytes = address.getAddress();
        return bytes.length == first.getAddress().length
                && java.util.Arrays.compareUnsigned(first.getAddress(), bytes) <= 0
                && java.util.Arrays.compareUnsigned(bytes, last.getAddress()) <= 0;
    }

    /** Whether a port is in the range. */
    boolean isPort(int port) {
        return firstPort < 0 || (port >= firstPort && port <= lastPort);
    }

    /** Whether any port matches. */
    boolean anyPort() {
        return firstPort < 0;
    }

    /** The range for a new connection. */
    public NatRange range(String option) throws Failure {
        if (first == null || last == null) {
            throw Failure.usage(option + ": the new address is missing");
        }
        try {
            NatRange range = NatRange.to(first, last);
            return firstPort < 0 ? range : range.ports(firstPort, lastPort);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(option + ": " + e.getMessage(), e);
        }
    }
}
