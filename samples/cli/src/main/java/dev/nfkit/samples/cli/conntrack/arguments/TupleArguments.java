// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.TuplePattern;
import dev.nfkit.samples.cli.run.Failure;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The tuples of a connection, by the options of conntrack(8). */
public final class TupleArguments {
    @Option(
            names = {"-s", "--src", "--orig-src"},
            paramLabel = "ADDRESS[/LEN]",
            description = "Source of the original direction.")
    private @Nullable String source;

    @Option(
            names = {"-d", "--dst", "--orig-dst"},
            paramLabel = "ADDRESS[/LEN]",
            description = "Destination of the original direction.")
    private @Nullable String destination;

    @Option(
            names = {"-r", "--reply-src"},
            paramLabel = "ADDRESS[/LEN]",
            description = "Source of the replies.")
    private @Nullable String replySource;

    @Option(
            names = {"-q", "--reply-dst"},
            paramLabel = "ADDRESS[/LEN]",
            description = "Destination of the replies.")
    private @Nullable String replyDestination;

    @Option(
            names = {"-p", "--proto", "--protonum"},
            paramLabel = "PROTOCOL",
            description = "tcp, udp, icmp, icmpv6, sctp, dccp, gre, udplite, a name of /etc/protocols or a number.")
    private @Nullable String protocol;

    @Option(
            names = {"-f", "--family"},
            paramLabel = "ipv4|ipv6",
            description = "The family; both by default.")
    private @Nullable String family;

    @Option(
            names = {"--sport", "--orig-port-src", "--srckey", "--orig-key-src"},
            paramLabel = "PORT",
            description = "Source port, or GRE's key, of the original direction.")
    private @Nullable String sourcePort;

    @Option(
            names = {"--dport", "--orig-port-dst", "--dstkey", "--orig-key-dst"},
            paramLabel = "PORT",
            description = "Destination port, or GRE's key, of the original direction.")
    private @Nullable String destinationPort;

    @Option(
            names = {"--reply-port-src", "--reply-key-src"},
            paramLabel = "PORT",
            description = "Source port of the replies.")
    private @Nullable String replySourcePort;

    @Option(
            names = {"--reply-port-dst", "--reply-key-dst"},
            paramLabel = "PORT",
            description = "Destination port of the replies.")
    private @Nullable String replyDestinationPort;

    @Option(
            names = {"--icmp-type", "--icmpv6-type"},
            paramLabel = "N",
            description = "ICMP type of the original direction.")
    private @Nullable String icmpType;

    @Option(
            names = {"--icmp-code", "--icmpv6-code"},
            paramLabel = "N",
            description = "ICMP code.")
    private @Nullable String icmpCode;

    @Option(
            names = {"--icmp-id", "--icmpv6-id"},
            paramLabel = "N",
            description = "ICMP identifier.")
    private @Nullable String icmpId;

    @Option(
            names = {"-w", "--zone"},
            paramLabel = "ZONE",
            description = "The zone of both directions.")
    private @Nullable String zone;

    @Option(names = "--orig-zone", paramLabel = "ZONE", description = "The zone of the original direction only.")
    private @Nullable String originalZone;

    @Option(names = "--reply-zone", paramLabel = "ZONE", description = "The zone of the replies only.")
    private @Nullable String replyZone;

    /** The protocol; empty if none is given. */
    public Optional<Integer> protocol() throws Failure {
        return givenProtocol().protocol();
    }

    private GivenValue givenProtocol() {
        return new GivenValue("-p", protocol);
    }

    /** The given family, otherwise both. */
    public AddressFamily family() throws Failure {
        if (family == null) {
            return AddressFamily.UNSPEC;
        }
        return switch (family.toLowerCase(Locale.ROOT)) {
            case "ipv4", "inet" -> AddressFamily.IPV4;
            case "ipv6", "inet6" -> AddressFamily.IPV6;
            default -> throw Failure.usage("-f " + family + ": not known; give ipv4 or ipv6");
        };
    }

    /** The zone of both directions; 0 if none is given. */
    public int zone() throws Failure {
        return hasZone() ? new GivenValue("-w", zone).port() : 0;
    }

    boolean hasZone() {
        return zone != null;
    }

    /** What is given of the original direction. */
    private GivenTuple givenOriginal() {
        return new GivenTuple(
                new GivenValue("-s", source),
                new GivenValue("-d", destination),
                new GivenValue("--sport", sourcePort),
                new GivenValue("--dport", destinationPort),
                new GivenValue("--orig-zone", originalZone));
    }

    private GivenTuple.Icmp givenIcmp() {
        return new GivenTuple.Icmp(
                new GivenValue("--icmp-type", icmpType),
                new GivenValue("--icmp-code", icmpCode),
                new GivenValue("--icmp-id", icmpId));
    }

    /** What is given of the replies. */
    GivenTuple givenReply() {
        return new GivenTuple(
                new GivenValue("-r", replySource),
                new GivenValue("-q", replyDestination),
                new GivenValue("--reply-port-src", replySourcePort),
                new GivenValue("--reply-port-dst", replyDestinationPort),
                new GivenValue("--reply-zone", replyZone));
    }

    /** The given addresses, by option. */
    public Map<String, InetAddress> addresses() throws Failure {
        Map<String, InetAddress> addresses = new LinkedHashMap<>();
        for (GivenTuple given : List.of(givenOriginal(), givenReply())) {
            given.source().putAddress(addresses);
            given.destination().putAddress(addresses);
        }
        return addresses;
    }

    /** The original tuples that the options select. */
    TuplePattern originalPattern(MaskArguments masks) throws Failure {
        TuplePattern pattern = givenOriginal().pattern(masks, givenIcmp());
        Optional<Integer> number = protocol();
        return number.isPresent() ? pattern.protocol(number.get()) : pattern;
    }

    /** The reply tuples that the options select. */
    TuplePattern replyPattern() throws Failure {
        return givenReply().pattern();
    }

    /** The original tuple, if source and destination are given. */
    public Optional<ConntrackTuple> original() throws Failure {
        return givenOriginal().tuple(givenProtocol(), givenIcmp());
    }

    /** The original tuple of a connection whose reply tuple is given and is not translated. */
    Optional<ConntrackTuple> originalOfReply() throws Failure {
        return givenReply().inverted(givenOriginal().zone()).tuple(givenProtocol(), givenIcmp());
    }

    /** The reply tuple, if its source and destination are given. */
    public Optional<ConntrackTuple> reply() throws Failure {
        Optional<ConntrackTuple> original = originalOfReply();
        return original.isEmpty()
                ? original
                : Optional.of(givenReply().inZone(original.get().inverted()));
    }
}
