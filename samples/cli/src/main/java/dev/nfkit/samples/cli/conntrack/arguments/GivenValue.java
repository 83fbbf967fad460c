// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.packet.IpPrefix;
import dev.nfkit.samples.cli.arguments.NumberArgument;
import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;
import dev.nfkit.samples.cli.run.Failure;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An option and its value, which is converted on demand.
 *
 * @param option the option's name, for messages
 * @param text the value; null if the option is not given
 */
record GivenValue(String option, @Nullable String text) {
    static final int PORT_MAX = 0xffff;
    static final int BYTE_MAX = 0xff;

    boolean isGiven() {
        return text != null;
    }

    /** An address or a network. Bits after the prefix are ignored, as with conntrack(8). */
    IpPrefix network() throws Failure {
        try {
            return IpPrefix.parseAround(text == null ? "" : text);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(option + ": " + e.getMessage(), e);
        }
    }

    /** One address. */
    InetAddress address() throws Failure {
        IpPrefix network = network();
        if (!network.isSingle()) {
            throw Failure.usage(option + " " + text + ": expected one address, not a network");
        }
        return network.address();
    }

    /** Puts the address, or that of the network, under the option's name, if it is given. */
    void putAddress(Map<String, InetAddress> addresses) throws Failure {
        if (isGiven()) {
            addresses.put(option, network().address());
        }
    }

    /** A protocol, by name or number; empty if it is not given. */
    Optional<Integer> protocol() throws Failure {
        if (text == null) {
            return Optional.empty();
        }
        return Optional.of(ProtocolNames.parse(text)
                .orElseThrow(() -> Failure.usage(option + " " + text
                        + ": not known; give tcp, udp, icmp, icmpv6, sctp, dccp, gre, udplite, a name of"
                        + " /etc/protocols or 0 to 255")));
    }

    /** A port, a GRE key, an ICMP identifier or a zone: 0 to 65535. */
    int port() throws Failure {
        return number(PORT_MAX);
    }

    /** A number from 0. */
    int number(int most) throws Failure {
        return (int) NumberArgument.parse(option, text == null ? "" : text, most);
    }
}
