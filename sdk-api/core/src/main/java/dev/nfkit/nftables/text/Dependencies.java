// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.ExtensionPresence;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Reject;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.VerdictLookup;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Matches of a protocol that later statements imply, which nft leaves out: {@code meta l4proto tcp tcp dport 22} is
 * printed as {@code tcp dport 22}. A statement in between that does something, such as a counter, keeps them.
 */
final class Dependencies {
    private static final int VLAN_TYPE = 0x8100;

    /** IPv4, ARP and IPv6. */
    private static final Set<Integer> FRAME_TYPES = Set.of(0x0800, 0x0806, 0x86dd);

    private enum Layer {
        /** The tag after the Ethernet addresses. */
        TAG,
        /** The network protocol. */
        NETWORK,
        /** The transport protocol. */
        TRANSPORT,
        /** The type of an ICMP message. */
        MESSAGE
    }

    private final AddressFamily family;
    private final List<Statement> result = new ArrayList<>();
    private final Map<Layer, Match> open = new EnumMap<>(Layer.class);

    private final Set<Layer> settled = EnumSet.noneOf(Layer.class);

    Dependencies(AddressFamily family) {
        this.family = family;
        if (family == AddressFamily.ARP) {
            settled.add(Layer.TRANSPORT);
        }
    }

    /** The statements without those that others imply. */
    List<Statement> implied(List<Statement> statements) {
        for (Statement statement : statements) {
            Set<Layer> implied = impliedBy(statement);
            implied.forEach(this::leaveOut);
            settled.addAll(implied);
            result.add(statement);
            if (Protocols.equal(statement, HeaderField.IP_PROTOCOL).isPresent() && family != AddressFamily.IPV4) {
                settled.add(Layer.TRANSPORT);
            }
            if (statement instanceof Match match) {
                layer(match).ifPresent(layer -> keep(layer, match));
            } else if (!(statement instanceof VerdictLookup)) {
                open.clear();
            }
        }
        return result;
    }

    /** A match that later statements may imply, unless the rule had a protocol of this layer before it. */
    private void keep(Layer layer, Match match) {
        if (settled.add(layer) || layer == Layer.MESSAGE) {
            open.put(layer, match);
        }
    }

    private void leaveOut(Layer layer) {
        Match match = open.remove(layer);
        for (int index = result.size() - 1; match != null && index >= 0; index--) {
            if (result.get(index) == match) {
                result.remove(index);
                return;
            }
        }
    }

    /** The layer whose protocol a match requires, if nft would leave it out. */
    private Optional<Layer> layer(Match match) {
        @Nullable Layer layer = null;
        OptionalInt value = Protocols.equal(match, match.left());
        if (value.isPresent() && match.left() instanceof Selector selector) {
            if (selector == Meta.L4PROTO
                    || (selector == HeaderField.IP_PROTOCOL && family == AddressFamily.IPV4)
                    || (selector == HeaderField.IP6_NEXTHDR && family == AddressFamily.IPV6)) {
                layer = Layer.TRANSPORT;
            } else if (selector == HeaderField.ETHER_TYPE) {
                layer = value.getAsInt() == VLAN_TYPE ? Layer.TAG : network(value.getAsInt());
            } else if (selector == HeaderField.VLAN_TYPE) {
                layer = network(value.getAsInt());
            } else if ((selector == Meta.NFPROTO && family == AddressFamily.INET)
                    || (selector == Meta.PROTOCOL && family != AddressFamily.INET)) {
                layer = Layer.NETWORK;
            } else if (selector == HeaderField.ICMP_TYPE || selector == HeaderField.ICMPV6_TYPE) {
                layer = Layer.MESSAGE;
            }
        }
        return Optional.ofNullable(layer);
    }

    /** The network layer, if a field of its protocol can imply this type of Ethernet frames. */
    private static @Nullable Layer network(int type) {
        return FRAME_TYPES.contains(type) ? Layer.NETWORK : null;
    }

    private Set<Layer> impliedBy(Statement statement) {
        Set<Layer> implied = EnumSet.noneOf(Layer.class);
        if (statement instanceof Reject reject) {
            boolean both =
                    family == AddressFamily.INET || family == AddressFamily.NETDEV || family == AddressFamily.BRIDGE;
            if (reject.kind() != Reject.Kind.ICMPX) {
                implied.add(Layer.NETWORK);
            }
            if (reject.kind() == Reject.Kind.TCP_RESET && !both) {
                implied.add(Layer.TRANSPORT);
            }
            return implied;
        }
        boolean tag = statement instanceof Match match
                && match.left() == HeaderField.VLAN_TYPE
                && match.right() instanceof Constant;
        for (Expression read : Reads.of(statement)) {
            if (read == HeaderField.VLAN_TYPE && !tag) {
                implied.add(Layer.TAG);
            }
            add(implied, read);
        }
        return implied;
    }

    private void add(Set<Layer> implied, Expression read) {
        if (read instanceof ExtensionField field) {
            add(implied, field.header());
        } else if (read instanceof ExtensionPresence presence) {
            add(implied, presence.header());
        } else if (read instanceof HeaderField field) {
            HeaderProtocol protocol = field.protocol();
            switch (protocol) {
                case ETHER -> {}
                case VLAN -> {
                    if (field != HeaderField.VLAN_TYPE) {
                        implied.add(Layer.TAG);
                    }
                }
                case ARP, IP, IP6 -> implied.add(Layer.NETWORK);
                case ICMP, ICMPV6 -> {
                    implied.add(Layer.NETWORK);
                    implied.add(Layer.TRANSPORT);
                    if (impliesType(field)) {
                        implied.add(Layer.MESSAGE);
                    }
                }
                default -> implied.add(Layer.TRANSPORT);
            }
        }
    }

    private static void add(Set<Layer> implied, ExtensionHeader header) {
        switch (header.family()) {
            case IPV4, IPV6 -> implied.add(Layer.NETWORK);
            case TCP -> implied.add(Layer.TRANSPORT);
            default -> {}
        }
    }

    /** Whether a field exists only in messages of the type that the rule has matched. */
    private boolean impliesType(HeaderField field) {
        Match type = open.get(Layer.MESSAGE);
        int needed = switch (field) {
            case ICMP_MTU -> 3;
            case ICMP_GATEWAY -> 5;
            case ICMPV6_MTU -> 2;
            case ICMPV6_PARAMETER_PROBLEM -> 4;
            case ICMPV6_MAX_DELAY -> 130;
            default -> -1;
        };
        return type != null && Protocols.equal(type, type.left()).equals(OptionalInt.of(needed));
    }
}
