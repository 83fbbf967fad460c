// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows;

import dev.nfkit.flows.ipfix.IpfixExporter;
import dev.nfkit.samples.cli.run.Failure;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An address and a port as text: {@code 192.0.2.1:4739}, {@code [2001:db8::1]:4739}, a name, or without its port. */
final class Endpoint {
    private static final Pattern TEXT = Pattern.compile("(?:\\[([^\\]]+)\\]|([^:\\[\\]]*))(?::(\\d{1,5}))?");
    private static final int PORTS = 65_535;

    private Endpoint() {}

    /** The endpoint of another host. */
    static InetSocketAddress remote(String option, String text) throws Failure {
        Matcher matcher = match(option, text, "HOST:PORT");
        if (host(matcher).isEmpty()) {
            throw Failure.usage(option + " " + text + ": the host is missing; expected HOST:PORT");
        }
        return resolved(option, text, matcher);
    }

    /** An endpoint of this host; all its addresses if none is given. */
    static InetSocketAddress local(String option, String text) throws Failure {
        Matcher matcher = match(option, text, "[ADDRESS]:PORT");
        return host(matcher).isEmpty() ? new InetSocketAddress(port(matcher)) : resolved(option, text, matcher);
    }

    private static Matcher match(String option, String text, String expected) throws Failure {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches() || text.isEmpty() || port(matcher) > PORTS) {
            throw Failure.usage(option + " " + text + ": expected " + expected);
        }
        return matcher;
    }

    private static String host(Matcher matcher) {
        return matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    }

    private static int port(Matcher matcher) {
        return matcher.group(3) == null ? IpfixExporter.PORT : Integer.parseInt(matcher.group(3));
    }

    private static InetSocketAddress resolved(String option, String text, Matcher matcher) throws Failure {
        InetSocketAddress address = new InetSocketAddress(host(matcher), port(matcher));
        if (address.isUnresolved()) {
            throw Failure.usage(option + " " + text + ": the name has no address");
        }
        return address;
    }
}
