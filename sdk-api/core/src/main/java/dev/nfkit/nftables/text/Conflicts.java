// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.ExtensionPresence;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.statement.Statement;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Finds fields of protocols that no packet has together, such as {@code tcp dport 22 udp dport 53}. */
final class Conflicts {
    private final AddressFamily family;
    private final Map<PayloadBase, HeaderProtocol> known = new EnumMap<>(PayloadBase.class);

    Conflicts(AddressFamily family) {
        this.family = family;
        if (family == AddressFamily.IPV4) {
            known.put(PayloadBase.NETWORK, HeaderProtocol.IP);
        } else if (family == AddressFamily.IPV6) {
            known.put(PayloadBase.NETWORK, HeaderProtocol.IP6);
        } else if (family == AddressFamily.ARP) {
            known.put(PayloadBase.NETWORK, HeaderProtocol.ARP);
        }
    }

    /** The reason why the statement cannot follow those before it, or empty if it can. */
    Optional<String> with(Statement statement) {
        for (Expression read : Reads.of(statement)) {
            Optional<HeaderProtocol> conflict = conflict(read);
            if (conflict.isPresent()) {
                String other = conflict.get().text();
                return Optional.of("no packet of this rule has this header, because it has that of " + other);
            }
        }
        learn(statement);
        return Optional.empty();
    }

    private Optional<HeaderProtocol> conflict(Expression read) {
        if (read instanceof ExtensionField field) {
            return conflict(field.header());
        } else if (read instanceof ExtensionPresence presence) {
            return conflict(presence.header());
        } else if (!(read instanceof HeaderField field)) {
            return Optional.empty();
        } else {
            HeaderProtocol protocol = field.protocol();
            return switch (protocol) {
                case ETHER, VLAN, TH -> Optional.empty();
                case ARP -> family == AddressFamily.INET ? Optional.of(HeaderProtocol.IP) : required(protocol);
                case IP, IP6 -> required(protocol);
                default -> {
                    if (known.get(PayloadBase.NETWORK) == HeaderProtocol.ARP) {
                        yield Optional.of(HeaderProtocol.ARP);
                    }
                    Optional<HeaderProtocol> network = network(protocol);
                    network.ifPresent(each -> known.putIfAbsent(PayloadBase.NETWORK, each));
                    yield required(protocol);
                }
            };
        }
    }

    private Optional<HeaderProtocol> conflict(ExtensionHeader header) {
        return switch (header.family()) {
            case IPV4 -> required(HeaderProtocol.IP);
            case IPV6 -> required(HeaderProtocol.IP6);
            default -> Optional.empty();
        };
    }

    private static Optional<HeaderProtocol> network(HeaderProtocol protocol) {
        return switch (protocol) {
            case ICMP, IGMP -> Optional.of(HeaderProtocol.IP);
            case ICMPV6 -> Optional.of(HeaderProtocol.IP6);
            default -> Optional.empty();
        };
    }

    private Optional<HeaderProtocol> required(HeaderProtocol protocol) {
        HeaderProtocol before = known.put(protocol.base(), protocol);
        return before == protocol ? Optional.empty() : Optional.ofNullable(before);
    }

    private void learn(Statement statement) {
        OptionalInt number = Protocols.equal(statement, Meta.L4PROTO);
        number = number.isPresent() ? number : Protocols.equal(statement, HeaderField.IP_PROTOCOL);
        number = number.isPresent() ? number : Protocols.equal(statement, HeaderField.IP6_NEXTHDR);
        if (number.isPresent()) {
            transport(number.getAsInt()).ifPresent(protocol -> known.put(PayloadBase.TRANSPORT, protocol));
        }
        OptionalInt version = Protocols.equal(statement, Meta.NFPROTO);
        OptionalInt type = Protocols.equal(statement, HeaderField.ETHER_TYPE);
        type = type.isPresent() || family == AddressFamily.INET ? type : Protocols.equal(statement, Meta.PROTOCOL);
        type = type.isPresent() ? type : Protocols.equal(statement, HeaderField.VLAN_TYPE);
        if (family == AddressFamily.IPV4 || family == AddressFamily.IPV6 || family == AddressFamily.ARP) {
            return;
        }
        int frame = type.orElse(version.orElse(-1) == 2 ? 0x0800 : version.orElse(-1) == 10 ? 0x86dd : -1);
        switch (frame) {
            case 0x0800 -> known.put(PayloadBase.NETWORK, HeaderProtocol.IP);
            case 0x86dd -> known.put(PayloadBase.NETWORK, HeaderProtocol.IP6);
            case 0x0806 -> known.put(PayloadBase.NETWORK, HeaderProtocol.ARP);
            default -> {}
        }
    }

    private static Optional<HeaderProtocol> transport(int number) {
        return Optional.ofNullable(
                switch (number) {
                    case 1 -> HeaderProtocol.ICMP;
                    case 2 -> HeaderProtocol.IGMP;
                    case 6 -> HeaderProtocol.TCP;
                    case 17 -> HeaderProtocol.UDP;
                    case 33 -> HeaderProtocol.DCCP;
                    case 50 -> HeaderProtocol.ESP;
                    case 51 -> HeaderProtocol.AH;
                    case 58 -> HeaderProtocol.ICMPV6;
                    case 108 -> HeaderProtocol.COMP;
                    case 132 -> HeaderProtocol.SCTP;
                    case 136 -> HeaderProtocol.UDPLITE;
                    default -> null;
                });
    }
}
