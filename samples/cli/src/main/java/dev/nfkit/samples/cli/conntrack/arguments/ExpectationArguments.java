// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.table.NewExpectation;
import dev.nfkit.samples.cli.arguments.NumberArgument;
import dev.nfkit.samples.cli.run.Failure;
import java.net.InetAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The properties of a new expectation, by the options of conntrack(8). */
public final class ExpectationArguments {
    private static final int PORT_MAX = 0xffff;

    @Option(
            names = "--tuple-src",
            paramLabel = "ADDRESS",
            description = "With -I expect: source of the expected connection.")
    private @Nullable String source;

    @Option(names = "--tuple-dst", paramLabel = "ADDRESS", description = "Its destination.")
    private @Nullable String destination;

    @Option(names = "--tuple-port-src", paramLabel = "PORT", description = "Its source port (0).")
    private @Nullable String sourcePort;

    @Option(names = "--tuple-port-dst", paramLabel = "PORT", description = "Its destination port.")
    private @Nullable String destinationPort;

    @Option(names = "--mask-port-src", paramLabel = "PORT", description = "The bits of its source port to compare (0).")
    private @Nullable String sourcePortMask;

    @Option(
            names = "--mask-port-dst",
            paramLabel = "PORT",
            description = "The bits of its destination port to compare (65535).")
    private @Nullable String destinationPortMask;

    /**
     * Builds the expectation.
     *
     * @param master the original tuple of the connection that announces it
     * @param timeout the time after which it expires
     * @param masks the bits of its addresses to compare
     */
    public NewExpectation expectation(ConntrackTuple master, Duration timeout, MaskArguments masks) throws Failure {
        if (source == null || destination == null || destinationPort == null) {
            throw Failure.usage("--tuple-src, --tuple-dst and --tuple-port-dst are missing: the expected connection");
        }
        InetAddress from = new GivenValue("--tuple-src", source).address();
        InetAddress to = new GivenValue("--tuple-dst", destination).address();
        String text = from.getAddress().length == 4 ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        InetAddress ones = new GivenValue("--mask-src", text).address();
        try {
            ConntrackTuple expected = ConntrackTuple.of(
                    master.protocol(),
                    from,
                    port("--tuple-port-src", sourcePort, 0),
                    to,
                    port("--tuple-port-dst", destinationPort, 0));
            ConntrackTuple mask = ConntrackTuple.of(
                    master.protocol(),
                    masks.source().isGiven() ? masks.source().address() : ones,
                    port("--mask-port-src", sourcePortMask, 0),
                    masks.destination().isGiven() ? masks.destination().address() : ones,
                    port("--mask-port-dst", destinationPortMask, PORT_MAX));
            return NewExpectation.of(master, expected, mask, timeout);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(e);
        }
    }

    private static int port(String option, @Nullable String text, int otherwise) throws Failure {
        return text == null ? otherwise : (int) NumberArgument.parse(option, text, PORT_MAX);
    }
}
