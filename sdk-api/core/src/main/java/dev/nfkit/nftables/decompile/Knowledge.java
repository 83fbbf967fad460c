// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.compile.Protocols;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Match.Operator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the matches of a rule determine of a packet's protocols, and which of these matches are superfluous in text because a
 * later expression implies them.
 */
final class Knowledge {
    private static final int SEVERAL_TYPES = 256;
    private static final int VLAN = 0x8100;
    private static final int SERVICE_VLAN = 0x88a8;
    private static final int IP = 0x0800;
    private static final int ARP = 0x0806;
    private static final int IP6 = 0x86dd;

    private final AddressFamily family;
    private @Nullable HeaderProtocol network;
    private @Nullable HeaderProtocol transport;
    private boolean vlan;
    private @Nullable Line ethernetLine;
    private @Nullable Line vlanLine;
    private @Nullable Line networkLine;
    private @Nullable Line transportLine;
    private int icmpType = -1;

    Knowledge(AddressFamily family) {
        this.family = family;
        this.network = family == AddressFamily.IPV4
                ? HeaderProtocol.IP
                : family == AddressFamily.IPV6
                        ? HeaderProtocol.IP6
                        : family == AddressFamily.ARP ? HeaderProtocol.ARP : null;
    }

    AddressFamily family() {
        return family;
    }

    @Nullable
    HeaderProtocol network() {
        return network;
    }

    @Nullable
    HeaderProtocol transport() {
        return transport;
    }

    /** The protocols whose fields may be at a place, the most likely first. */
    List<HeaderProtocol> protocols(PayloadBase base) {
        List<HeaderProtocol> protocols = new ArrayList<>();
        switch (base) {
            case LINK -> {
                if (vlan) {
                    protocols.add(HeaderProtocol.VLAN);
                }
                protocols.add(HeaderProtocol.ETHER);
            }
            case NETWORK -> {
                HeaderProtocol known = network;
                if (known != null) {
                    protocols.add(known);
                }
            }
            case TRANSPORT -> {
                HeaderProtocol known = transport;
                protocols.add(known == null ? HeaderProtocol.TH : known);
            }
            case INNER -> {
                // Nothing is known of what the transport protocol carries.
            }
        }
        return protocols;
    }

    /** Whether a field exists in the messages that the rule applies to: some depend on the type of ICMP. */
    boolean mayRead(HeaderField field) {
        return switch (field) {
            case ICMP_ID, ICMP_SEQUENCE -> icmpType < 0 || icmpType == 8 || icmpType == 0;
            case ICMP_MTU -> icmpType == 3;
            case ICMP_GATEWAY -> icmpType == 5;
            case ICMPV6_ID, ICMPV6_SEQUENCE -> icmpType < 0 || icmpType == 128 || icmpType == 129;
            case ICMPV6_MTU -> icmpType == 2;
            case ICMPV6_PARAMETER_PROBLEM -> icmpType == 4;
            case ICMPV6_MAX_DELAY -> icmpType == 130;
            default -> true;
        };
    }

    /** Learns from a match that was read. */
    void learn(Line line) {
        if (!(line.statement() instanceof Match match) || match.operator() != Operator.IMPLICIT) {
            return;
        }
        if (match.right() instanceof SetLiteral set) {
            learnTypes(match.left(), set);
        }
        if (!(match.right() instanceof Constant constant)) {
            return;
        }
        Expression left = match.left();
        int value = constant.value().bitLength() > Short.SIZE
                ? -1
                : constant.value().intValue();
        if (left == Meta.L4PROTO || left == HeaderField.IP_PROTOCOL || left == HeaderField.IP6_NEXTHDR) {
            transport = Protocols.of(value);
            transportLine = line;
        } else if (left == Meta.NFPROTO && family == AddressFamily.INET) {
            learnNetwork(
                    line,
                    value == AddressFamily.IPV4.number()
                            ? HeaderProtocol.IP
                            : value == AddressFamily.IPV6.number() ? HeaderProtocol.IP6 : null);
        } else if (left == Meta.PROTOCOL && family != AddressFamily.INET) {
            learnNetwork(line, networkOf(value));
        } else if (left == HeaderField.VLAN_TYPE) {
            learnNetwork(line, networkOf(value));
        } else if (left == HeaderField.ETHER_TYPE) {
            if (value == VLAN) {
                vlan = true;
                vlanLine = line;
            } else if (value == SERVICE_VLAN) { // a tag implies the other type, so that this one stays
                vlan = true;
            } else {
                learnNetwork(line, networkOf(value));
            }
        } else if (left == Meta.IIFTYPE && value == 1) {
            ethernetLine = line;
        } else if (left == HeaderField.ICMP_TYPE || left == HeaderField.ICMPV6_TYPE) {
            icmpType = value;
        }
    }

    /** Only messages with an identifier may be of several types. */
    private void learnTypes(Expression left, SetLiteral set) {
        boolean type = left == HeaderField.ICMP_TYPE || left == HeaderField.ICMPV6_TYPE;
        if (type && !set.elements().stream().allMatch(element -> isEcho(left, element.key()))) {
            icmpType = SEVERAL_TYPES;
        }
    }

    private static boolean isEcho(Expression left, Expression key) {
        int value = key instanceof Constant constant ? constant.value().intValue() : -1;
        return left == HeaderField.ICMP_TYPE ? value == 0 || value == 8 : value == 128 || value == 129;
    }

    private void learnNetwork(Line line, @Nullable HeaderProtocol protocol) {
        if (network == null && protocol != null) {
            network = protocol;
            networkLine = line;
        }
    }

    private static @Nullable HeaderProtocol networkOf(int etherType) {
        return switch (etherType) {
            case IP -> HeaderProtocol.IP;
            case ARP -> HeaderProtocol.ARP;
            case IP6 -> HeaderProtocol.IP6;
            default -> null;
        };
    }

    /** Removes the matches that the use of a field implies. */
    void use(HeaderField field) {
        switch (field.protocol()) {
            case ETHER -> ethernetLine = implied(ethernetLine);
            case VLAN -> {
                if (field != HeaderField.VLAN_TYPE) {
                    vlanLine = implied(vlanLine);
                }
                ethernetLine = implied(ethernetLine);
            }
            case IP, IP6, ARP -> useNetwork();
            case TH -> {
                // It implies nothing.
            }
            case ICMP, ICMPV6 -> {
                useTransport();
                useNetwork();
            }
            default -> useTransport();
        }
    }

    void useNetwork() {
        networkLine = implied(networkLine);
    }

    void useTransport() {
        Line line = transportLine;
        boolean single = family == AddressFamily.IPV4 || family == AddressFamily.IPV6;
        if (line != null && (single || ((Match) line.statement()).left() == Meta.L4PROTO)) {
            transportLine = implied(line);
        } else {
            transportLine = null;
        }
    }

    private static @Nullable Line implied(@Nullable Line line) {
        if (line != null) {
            line.leaveOut();
        }
        return null;
    }
}
