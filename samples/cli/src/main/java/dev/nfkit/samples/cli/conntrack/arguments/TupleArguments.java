package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.TuplePattern;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.samples.cli.arguments.NumberArgument;
import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;
import dev.nfkit.samples.cli.filter.Network;
import dev.nfkit.samples.cli.run.Failure;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The tuples of a connection, by the options of conntrack(8). */
public final class TupleArguments {
    private static final int PORT_MAX = 0xffff;
    private static final int BYTE_MAX = 0xff;

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
        if (protocol == null) {
            return Optional.empty();
        }
        return Optional.of(ProtocolNames.parse(protocol)
                .orElseThrow(() -> Failure.usage("-p " + protocol
                        + ": not known; give tcp, udp, icmp, icmpv6, sctp, dccp, gre, udplite, a name of"
                        + " /etc/protocols or 0 to 255")));
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
        return zone == null ? 0 : number("-w", zone, PORT_MAX);
    }

    boolean hasZone() {
        return zone != null;
    }

    private static int number(String option, String text, int most) throws Failure {
        return (int) NumberArgument.parse(option, text, most);
    }

    /** The given addresses, by option. */
    public Map<String, InetAddress> addresses() throws Failure {
        Map<String, InetAddress> addresses = new LinkedHashMap<>();
        add("-s", source, addresses);
        add("-d", destination, addresses);
        add("-r", replySource, addresses);
        add("-q", replyDestination, addresses);
        return addresses;
    }

    private static void add(String option, @Nullable String text, Map<String, InetAddress> addresses) throws Failure {
        if (text != null) {
            addresses.put(option, network(option, text).address());
        }
    }

    /** The original tuples that the options select. */
    TuplePattern originalPattern(MaskArguments masks) throws Failure {
        TuplePattern pattern = TuplePattern.any();
        InetAddress sourceMask = mask("--mask-src", masks.source(), "-s", source);
        InetAddress destinationMask = mask("--mask-dst", masks.destination(), "-d", destination);
        pattern = sourceMask == null
                ? network(pattern, "-s", source, TuplePattern::source, TuplePattern::source)
                : pattern.source(address("-s", source), sourceMask);
        pattern = destinationMask == null
                ? network(pattern, "-d", destination, TuplePattern::destination, TuplePattern::destination)
                : pattern.destination(address("-d", destination), destinationMask);
        if (protocol().isPresent()) {
            pattern = pattern.protocol(protocol().get());
        }
        pattern = number(pattern, "--sport", sourcePort, PORT_MAX, TuplePattern::sourcePort);
        pattern = number(pattern, "--dport", destinationPort, PORT_MAX, TuplePattern::destinationPort);
        pattern = number(pattern, "--icmp-type", icmpType, BYTE_MAX, TuplePattern::icmpType);
        pattern = number(pattern, "--icmp-code", icmpCode, BYTE_MAX, TuplePattern::icmpCode);
        pattern = number(pattern, "--icmp-id", icmpId, PORT_MAX, TuplePattern::icmpId);
        return number(pattern, "--orig-zone", originalZone, PORT_MAX, TuplePattern::zone);
    }

    private static @Nullable InetAddress mask(
            String option, Optional<InetAddress> mask, String addressOption, @Nullable String address) throws Failure {
        if (mask.isPresent() && address == null) {
            throw Failure.usage(option + ": only with " + addressOption);
        }
        return mask.orElse(null);
    }

    /** The reply tuples that the options select. */
    TuplePattern replyPattern() throws Failure {
        TuplePattern pattern = TuplePattern.any();
        pattern = network(pattern, "-r", replySource, TuplePattern::source, TuplePattern::source);
        pattern = network(pattern, "-q", replyDestination, TuplePattern::destination, TuplePattern::destination);
        pattern = number(pattern, "--reply-port-src", replySourcePort, PORT_MAX, TuplePattern::sourcePort);
        pattern = number(pattern, "--reply-port-dst", replyDestinationPort, PORT_MAX, TuplePattern::destinationPort);
        return number(pattern, "--reply-zone", replyZone, PORT_MAX, TuplePattern::zone);
    }

    private interface Networked {
        TuplePattern apply(TuplePattern pattern, InetAddress address, int prefix);
    }

    private static TuplePattern network(
            TuplePattern pattern,
            String option,
            @Nullable String text,
            BiFunction<TuplePattern, InetAddress, TuplePattern> whole,
            Networked prefixed)
            throws Failure {
        if (text == null) {
            return pattern;
        }
        Network network = network(option, text);
        return network.whole()
                ? whole.apply(pattern, network.address())
                : prefixed.apply(pattern, network.address(), network.prefix());
    }

    private static TuplePattern number(
            TuplePattern pattern,
            String option,
            @Nullable String text,
            int most,
            BiFunction<TuplePattern, Integer, TuplePattern> set)
            throws Failure {
        return text == null ? pattern : set.apply(pattern, number(option, text, most));
    }

    /** Parses an address or a network. Bits after the prefix are ignored, as with conntrack(8). */
    public static Network network(String option, String text) throws Failure {
        try {
            return Network.parse(text, false);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(option + " " + text + ": " + e.getMessage());
        }
    }

    public static InetAddress address(String option, @Nullable String text) throws Failure {
        Network network = network(option, text == null ? "" : text);
        if (!network.whole()) {
            throw Failure.usage(option + " " + text + ": expected one address, not a network");
        }
        return network.address();
    }

    /** The original tuple, if source and destination are given. */
    public Optional<ConntrackTuple> original() throws Failure {
        return tuple("-s", source, "-d", destination, "--sport", sourcePort, "--dport", destinationPort)
                .map(inZone("--orig-zone", originalZone));
    }

    /** The original tuple of a connection whose reply tuple is given and is not translated. */
    Optional<ConntrackTuple> originalOfReply() throws Failure {
        return tuple(
                        "-q",
                        replyDestination,
                        "-r",
                        replySource,
                        "--reply-port-dst",
                        replyDestinationPort,
                        "--reply-port-src",
                        replySourcePort)
                .map(inZone("--orig-zone", originalZone));
    }

    /** The reply tuple, if its source and destination are given. */
    public Optional<ConntrackTuple> reply() throws Failure {
        return originalOfReply().map(ConntrackTuple::inverted).map(inZone("--reply-zone", replyZone));
    }

    /**
     * The reply tuple of a new connection: the inverted original tuple, except for the given values. The kernel
     * translates addresses itself, so the port of a translated end is not put into the tuple.
     */
    ConntrackTuple replyTo(ConntrackTuple original, NatArguments nat) throws Failure {
        ConntrackTuple inverted = original.inverted();
        InetAddress from = replySource == null ? inverted.source() : address("-r", replySource);
        InetAddress to = replyDestination == null ? inverted.destination() : address("-q", replyDestination);
        ConntrackTuple reply;
        if (inverted.hasPorts()) {
            String fromPort = nat.destinationNat().isPresent() ? null : replySourcePort;
            String toPort = nat.sourceNat().isPresent() ? null : replyDestinationPort;
            reply = ConntrackTuple.of(
                    inverted.protocol(),
                    from,
                    fromPort == null ? inverted.sourcePort() : number("--reply-port-src", fromPort, PORT_MAX),
                    to,
                    toPort == null ? inverted.destinationPort() : number("--reply-port-dst", toPort, PORT_MAX));
        } else if (inverted.hasIcmp()) {
            reply = ConntrackTuple.icmp(from, to, inverted.icmpId(), inverted.icmpType(), inverted.icmpCode());
        } else {
            reply = ConntrackTuple.of(inverted.protocol(), from, to);
        }
        return inZone("--reply-zone", replyZone).apply(reply);
    }

    /** The translated source port in the reply tuple: that of a line of {@code -o save}. */
    OptionalInt replyDestinationPort() throws Failure {
        return replyDestinationPort == null
                ? OptionalInt.empty()
                : OptionalInt.of(number("--reply-port-dst", replyDestinationPort, PORT_MAX));
    }

    /** The translated destination port in the reply tuple. */
    OptionalInt replySourcePort() throws Failure {
        return replySourcePort == null
                ? OptionalInt.empty()
                : OptionalInt.of(number("--reply-port-src", replySourcePort, PORT_MAX));
    }

    private static Function<ConntrackTuple, ConntrackTuple> inZone(String option, @Nullable String text)
            throws Failure {
        if (text == null) {
            return Function.identity();
        }
        int number = number(option, text, PORT_MAX);
        return tuple -> tuple.inZone(number);
    }

    private Optional<ConntrackTuple> tuple(
            String fromOption,
            @Nullable String from,
            String toOption,
            @Nullable String to,
            String fromPortOption,
            @Nullable String fromPort,
            String toPortOption,
            @Nullable String toPort)
            throws Failure {
        if (from == null || to == null) {
            return Optional.empty();
        }
        int number = protocol().orElseThrow(() -> Failure.usage("-p is missing: the protocol of the entry"));
        InetAddress source = address(fromOption, from);
        InetAddress destination = address(toOption, to);
        try {
            switch (number) {
                case IpProtocol.ICMP, IpProtocol.ICMPV6 -> {
                    return Optional.of(icmp(source, destination));
                }
                case IpProtocol.TCP,
                        IpProtocol.UDP,
                        IpProtocol.UDPLITE,
                        IpProtocol.SCTP,
                        IpProtocol.DCCP,
                        IpProtocol.GRE -> {
                    if (fromPort == null || toPort == null) {
                        throw Failure.usage(fromPortOption + " and " + toPortOption + " are missing, which -p "
                                + protocol + " wants");
                    }
                    return Optional.of(ConntrackTuple.of(
                            number,
                            source,
                            number(fromPortOption, fromPort, PORT_MAX),
                            destination,
                            number(toPortOption, toPort, PORT_MAX)));
                }
                default -> {
                    return Optional.of(ConntrackTuple.of(number, source, destination));
                }
            }
        } catch (IllegalArgumentException e) {
            throw Failure.usage(e.getMessage());
        }
    }

    private ConntrackTuple icmp(InetAddress source, InetAddress destination) throws Failure {
        if (icmpType == null || icmpCode == null) {
            throw Failure.usage("--icmp-type and --icmp-code are missing, which -p " + protocol + " needs");
        }
        return ConntrackTuple.icmp(
                source,
                destination,
                icmpId == null ? 0 : number("--icmp-id", icmpId, PORT_MAX),
                number("--icmp-type", icmpType, BYTE_MAX),
                number("--icmp-code", icmpCode, BYTE_MAX));
    }
}
