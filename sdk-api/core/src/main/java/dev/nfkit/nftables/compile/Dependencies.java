// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.bytecode.Cmp;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.ExtensionPresence;
import dev.nfkit.nftables.expression.Hash;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.statement.InvalidRuleException;
import java.math.BigInteger;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * What a rule knows of a packet's protocols at a point, and the matches that must come before a header is read: {@code
 * tcp dport} reads the right bytes only if the packet is TCP.
 */
final class Dependencies {
    private static final int ETHER_TYPE_OFFSET = 12;
    private static final int VLAN_TYPE_OFFSET = 16;
    private static final int VLAN = 0x8100;
    private static final int SERVICE_VLAN = 0x88a8;

    private final Code code;
    private final AddressFamily family;
    private boolean ethernet;
    private boolean vlan;
    private boolean stacked;
    private @Nullable HeaderProtocol network;
    private int transport = -1;
    private final IcmpTypes icmpTypes;

    Dependencies(Code code, AddressFamily family) {
        this.code = code;
        this.family = family;
        this.ethernet = family == AddressFamily.BRIDGE;
        this.network = family == AddressFamily.IPV4
                ? HeaderProtocol.IP
                : family == AddressFamily.IPV6
                        ? HeaderProtocol.IP6
                        : family == AddressFamily.ARP ? HeaderProtocol.ARP : null;
        this.icmpTypes = new IcmpTypes(code);
    }

    AddressFamily family() {
        return family;
    }

    /** The network protocol that is known, or null. */
    @Nullable
    HeaderProtocol network() {
        return network;
    }

    /** Adds the matches that an expression needs before it is read. */
    void require(Expression expression) {
        if (expression instanceof HeaderField field) {
            require(field.protocol());
            icmpTypes.require(field);
        } else if (expression instanceof ExtensionField field) {
            require(field.header());
        } else if (expression instanceof ExtensionPresence presence) {
            require(presence.header());
        } else if (expression instanceof Concatenation concatenation) {
            concatenation.parts().forEach(this::require);
        } else if (expression instanceof BinaryExpression binary) {
            require(binary.left());
            require(binary.right());
        } else if (expression instanceof MapLookup lookup) {
            require(lookup.key());
        } else if (expression instanceof Hash hash) {
            require(hash.of());
        }
    }

    private void require(ExtensionHeader header) {
        switch (header.family()) {
            case IPV6 -> require(HeaderProtocol.IP6);
            case IPV4 -> require(HeaderProtocol.IP);
            case SCTP, TCP -> {
                // The kernel looks for the protocol itself.
            }
        }
    }

    /** Adds the matches that a header needs before it is read. */
    void require(HeaderProtocol protocol) {
        switch (protocol) {
            case ETHER -> requireEthernet();
            case VLAN -> requireVlan();
            case IP, IP6, ARP -> requireNetwork(protocol);
            case ICMP, IGMP -> requireControl(protocol, HeaderProtocol.IP);
            case ICMPV6 -> requireControl(protocol, HeaderProtocol.IP6);
            case TH -> {
                // The ports are at the same place in all transport protocols.
            }
            default -> requireTransport(protocol);
        }
    }

    private void requireEthernet() {
        if (!ethernet) {
            ethernet = true;
            matchMeta(Meta.IIFTYPE, 1);
        }
    }

    private void requireVlan() {
        if (stacked) {
            throw new InvalidRuleException("only the first of several VLAN tags can be matched");
        }
        requireEthernet();
        if (!vlan) {
            vlan = true;
            matchEtherType(ETHER_TYPE_OFFSET, VLAN);
        }
    }

    void requireNetwork(HeaderProtocol protocol) {
        if (network == protocol) {
            return;
        }
        if (network != null || (family == AddressFamily.INET && protocol == HeaderProtocol.ARP)) {
            throw conflict(network == null ? "inet" : network.text(), protocol.text());
        }
        if (stacked) {
            throw new InvalidRuleException("only the first of several VLAN tags can be matched");
        }
        network = protocol;
        if (family == AddressFamily.INET) {
            matchMeta(Meta.NFPROTO, nfproto(protocol).number());
        } else if (vlan) {
            matchEtherType(VLAN_TYPE_OFFSET, etherType(protocol));
        } else if (protocol == HeaderProtocol.ARP && family == AddressFamily.BRIDGE) {
            matchEtherType(ETHER_TYPE_OFFSET, etherType(protocol));
        } else {
            matchMeta(Meta.PROTOCOL, etherType(protocol));
        }
    }

    /** ICMP and the like: if the rule matches the protocol itself, nft adds nothing. */
    private void requireControl(HeaderProtocol protocol, HeaderProtocol carrier) {
        if (transport != Protocols.number(protocol)) {
            requireCarrier(carrier);
            requireTransport(protocol);
        }
    }

    /** The network protocol of ICMP, which families of one protocol do not check. */
    private void requireCarrier(HeaderProtocol protocol) {
        if (network != null) {
            if (network != protocol && family != AddressFamily.IPV4 && family != AddressFamily.IPV6) {
                throw conflict(network.text(), protocol.text());
            }
        } else if (family == AddressFamily.BRIDGE && !vlan) {
            network = protocol;
            matchEtherType(ETHER_TYPE_OFFSET, etherType(protocol));
        } else {
            requireNetwork(protocol);
        }
    }

    void requireTransport(HeaderProtocol protocol) {
        int number = Protocols.number(protocol);
        if (transport == number) {
            return;
        }
        if (transport >= 0) {
            throw conflict(Protocols.text(transport), protocol.text());
        }
        transport = number;
        matchMeta(Meta.L4PROTO, number);
    }

    /** Learns from a match that the rule contains: an expression is equal to a value. */
    void learn(Expression left, Constant right) {
        int value = right.value().bitLength() > Short.SIZE ? -1 : right.value().intValue();
        if (left == Meta.L4PROTO || left == HeaderField.IP_PROTOCOL || left == HeaderField.IP6_NEXTHDR) {
            transport = value;
        } else if (left == Meta.NFPROTO && family == AddressFamily.INET) {
            network = value == AddressFamily.IPV4.number()
                    ? HeaderProtocol.IP
                    : value == AddressFamily.IPV6.number() ? HeaderProtocol.IP6 : network;
        } else if (left == Meta.PROTOCOL && family != AddressFamily.INET && network == null) {
            network = networkOf(value);
        } else if (left == HeaderField.ETHER_TYPE) {
            vlan |= value == VLAN || value == SERVICE_VLAN;
            network = network == null ? networkOf(value) : network;
        } else if (left == HeaderField.VLAN_TYPE && (value == VLAN || value == SERVICE_VLAN)) {
            stacked = true;
        } else if (left == HeaderField.VLAN_TYPE) {
            network = network == null ? networkOf(value) : network;
        } else if (left == Meta.IIFTYPE) {
            ethernet |= value == 1;
        } else if (left instanceof HeaderField field) {
            icmpTypes.learn(field);
        }
    }

    /** Learns that the rule compares a field, with whatever. */
    void learnCompared(HeaderField field) {
        icmpTypes.learn(field);
    }

    private static @Nullable HeaderProtocol networkOf(int etherType) {
        for (HeaderProtocol protocol :
                new HeaderProtocol[] {HeaderProtocol.IP, HeaderProtocol.IP6, HeaderProtocol.ARP}) {
            if (etherType(protocol) == etherType) {
                return protocol;
            }
        }
        return null;
    }

    private static int etherType(HeaderProtocol protocol) {
        return switch (protocol) {
            case IP -> 0x0800;
            case ARP -> 0x0806;
            default -> 0x86dd;
        };
    }

    private static AddressFamily nfproto(HeaderProtocol protocol) {
        return protocol == HeaderProtocol.IP ? AddressFamily.IPV4 : AddressFamily.IPV6;
    }

    private void matchMeta(Meta key, int value) {
        code.add(new dev.nfkit.nftables.bytecode.Meta.Load(Selectors.key(key), Code.register(0)));
        code.compare(
                Cmp.Op.EQ,
                0,
                ValueBytes.number(
                        BigInteger.valueOf(value),
                        key.bits() / Byte.SIZE,
                        key.hostOrder(),
                        code.machine(),
                        key.type()));
    }

    private void matchEtherType(int offset, int value) {
        code.add(new Payload.Load(Payload.Base.LINK, offset, Short.BYTES, Code.register(0)));
        code.compare(
                Cmp.Op.EQ,
                0,
                ValueBytes.number(
                        BigInteger.valueOf(value), Short.BYTES, false, ByteOrder.BIG_ENDIAN, Meta.PROTOCOL.type()));
    }

    private static InvalidRuleException conflict(String known, String wanted) {
        return new InvalidRuleException(
                "conflicting protocols: the rule applies to " + known + " already, not to " + wanted);
    }
}
