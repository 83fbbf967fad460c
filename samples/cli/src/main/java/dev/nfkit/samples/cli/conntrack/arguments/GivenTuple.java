// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.TuplePattern;
import dev.nfkit.packet.IpPrefix;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.samples.cli.run.Failure;
import java.net.InetAddress;
import java.util.Optional;
import java.util.function.BiFunction;

/** One direction of a connection, as far as it is given. */
record GivenTuple(
        GivenValue source, GivenValue destination, GivenValue sourcePort, GivenValue destinationPort, GivenValue zone) {

    /** The ICMP message of the original direction, as far as it is given. */
    record Icmp(GivenValue type, GivenValue code, GivenValue id) {
        private TuplePattern pattern(TuplePattern any) throws Failure {
            TuplePattern pattern = any;
            pattern = number(pattern, type, GivenValue.BYTE_MAX, TuplePattern::icmpType);
            pattern = number(pattern, code, GivenValue.BYTE_MAX, TuplePattern::icmpCode);
            return number(pattern, id, GivenValue.PORT_MAX, TuplePattern::icmpId);
        }

        private ConntrackTuple tuple(GivenValue protocol, InetAddress source, InetAddress destination) throws Failure {
            if (!type.isGiven() || !code.isGiven()) {
                throw Failure.usage("--icmp-type and --icmp-code are missing, which " + protocol.option() + " "
                        + protocol.text() + " needs");
            }
            return ConntrackTuple.icmp(
                    source,
                    destination,
                    id.isGiven() ? id.port() : 0,
                    type.number(GivenValue.BYTE_MAX),
                    code.number(GivenValue.BYTE_MAX));
        }
    }

    private interface Prefixed {
        TuplePattern apply(TuplePattern pattern, InetAddress address, int prefix);
    }

    /** The other direction without translation: the ends change places. */
    GivenTuple inverted(GivenValue otherZone) {
        return new GivenTuple(
                /* source= */ destination,
                /* destination= */ source,
                /* sourcePort= */ destinationPort,
                /* destinationPort= */ sourcePort,
                otherZone);
    }

    /** The tuples that the given ends and the zone select. */
    TuplePattern pattern() throws Failure {
        TuplePattern pattern = TuplePattern.any();
        pattern = network(pattern, source, TuplePattern::source, TuplePattern::source);
        pattern = network(pattern, destination, TuplePattern::destination, TuplePattern::destination);
        return portsAndZone(pattern);
    }

    /** The tuples that the given ends, under the masks, the ICMP message and the zone select. */
    TuplePattern pattern(MaskArguments masks, Icmp icmp) throws Failure {
        TuplePattern pattern = TuplePattern.any();
        pattern = isMasked(source, masks.source())
                ? pattern.source(source.address(), masks.source().address())
                : network(pattern, source, TuplePattern::source, TuplePattern::source);
        pattern = isMasked(destination, masks.destination())
                ? pattern.destination(destination.address(), masks.destination().address())
                : network(pattern, destination, TuplePattern::destination, TuplePattern::destination);
        return icmp.pattern(portsAndZone(pattern));
    }

    private static boolean isMasked(GivenValue address, GivenValue mask) throws Failure {
        if (mask.isGiven() && !address.isGiven()) {
            throw Failure.usage(mask.option() + ": only with " + address.option());
        }
        return mask.isGiven();
    }

    private static TuplePattern network(
            TuplePattern pattern,
            GivenValue end,
            BiFunction<TuplePattern, InetAddress, TuplePattern> whole,
            Prefixed prefixed)
            throws Failure {
        if (!end.isGiven()) {
            return pattern;
        }
        IpPrefix network = end.network();
        return network.isSingle()
                ? whole.apply(pattern, network.address())
                : prefixed.apply(pattern, network.address(), network.length());
    }

    private TuplePattern portsAndZone(TuplePattern ends) throws Failure {
        TuplePattern pattern = ends;
        pattern = number(pattern, sourcePort, GivenValue.PORT_MAX, TuplePattern::sourcePort);
        pattern = number(pattern, destinationPort, GivenValue.PORT_MAX, TuplePattern::destinationPort);
        return number(pattern, zone, GivenValue.PORT_MAX, TuplePattern::zone);
    }

    private static TuplePattern number(
            TuplePattern pattern, GivenValue value, int most, BiFunction<TuplePattern, Integer, TuplePattern> set)
            throws Failure {
        return value.isGiven() ? set.apply(pattern, value.number(most)) : pattern;
    }

    /** The tuple, if the addresses of both ends are given. */
    Optional<ConntrackTuple> tuple(GivenValue protocol, Icmp icmp) throws Failure {
        if (!source.isGiven() || !destination.isGiven()) {
            return Optional.empty();
        }
        int number = protocol.protocol()
                .orElseThrow(() -> Failure.usage(protocol.option() + " is missing: the protocol of the entry"));
        InetAddress from = source.address();
        InetAddress to = destination.address();
        try {
            return Optional.of(inZone(
                    switch (number) {
                        case IpProtocol.ICMP, IpProtocol.ICMPV6 -> icmp.tuple(protocol, from, to);
                        case IpProtocol.TCP,
                                IpProtocol.UDP,
                                IpProtocol.UDPLITE,
                                IpProtocol.SCTP,
                                IpProtocol.DCCP,
                                IpProtocol.GRE -> withPorts(number, protocol, from, to);
                        default -> ConntrackTuple.of(number, from, to);
                    }));
        } catch (IllegalArgumentException e) {
            throw Failure.usage(e);
        }
    }

    private ConntrackTuple withPorts(int number, GivenValue protocol, InetAddress from, InetAddress to) throws Failure {
        if (!sourcePort.isGiven() || !destinationPort.isGiven()) {
            throw Failure.usage(sourcePort.option() + " and " + destinationPort.option() + " are missing, which "
                    + protocol.option() + " " + protocol.text() + " wants");
        }
        return ConntrackTuple.of(number, from, sourcePort.port(), to, destinationPort.port());
    }

    /** A tuple in the zone of this direction, if that is given. */
    ConntrackTuple inZone(ConntrackTuple tuple) throws Failure {
        return zone.isGiven() ? tuple.inZone(zone.port()) : tuple;
    }

    /**
     * The reply tuple of a new connection: the inverted original tuple, except for the given values. The kernel
     * translates addresses itself, so the port of a translated end is not put into the tuple.
     */
    ConntrackTuple replyTo(ConntrackTuple original, NatArguments nat) throws Failure {
        ConntrackTuple inverted = original.inverted();
        InetAddress from = source.isGiven() ? source.address() : inverted.source();
        InetAddress to = destination.isGiven() ? destination.address() : inverted.destination();
        ConntrackTuple reply;
        if (inverted.hasPorts()) {
            boolean ownFrom = sourcePort.isGiven() && nat.destinationNat().isEmpty();
            boolean ownTo = destinationPort.isGiven() && nat.sourceNat().isEmpty();
            reply = ConntrackTuple.of(
                    inverted.protocol(),
                    from,
                    ownFrom ? sourcePort.port() : inverted.sourcePort(),
                    to,
                    ownTo ? destinationPort.port() : inverted.destinationPort());
        } else if (inverted.hasIcmp()) {
            reply = ConntrackTuple.icmp(from, to, inverted.icmpId(), inverted.icmpType(), inverted.icmpCode());
        } else {
            reply = ConntrackTuple.of(inverted.protocol(), from, to);
        }
        return inZone(reply);
    }
}
