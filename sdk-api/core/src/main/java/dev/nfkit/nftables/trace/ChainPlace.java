// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.ChainHook;
import dev.nfkit.nftables.ChainType;
import dev.nfkit.nftables.TableId;

/**
 * Where a base chain is on the way of packets. Immutable.
 *
 * @param layer the way that it is on
 * @param stage the hook
 * @param priority the order at the hook; lower ones are first
 * @param nat whether only the first packet of each connection passes through it
 */
public record ChainPlace(Layer layer, Stage stage, int priority, boolean nat) {
    /** A way of packets, on which the order of hooks is known. */
    public enum Layer {
        /** IPv4 and IPv6, and the devices below them. */
        IP,
        /** ARP. */
        ARP,
        /** Bridges. */
        BRIDGE
    }

    /** The hooks of all families, by nft's names. */
    public enum Stage {
        /** As received from the driver. */
        INGRESS(0),
        /** Before the routing decision. */
        PREROUTING(1),
        /** Sent by this host. */
        OUTPUT(1),
        /** For this host. */
        INPUT(2),
        /** For another host. */
        FORWARD(2),
        /** About to be sent. */
        POSTROUTING(3),
        /** About to be given to the driver. */
        EGRESS(4);

        private final int rank;

        Stage(int rank) {
            this.rank = rank;
        }

        /** Whether a packet that passed this one may come to another one. */
        boolean leadsTo(Stage other) {
            return switch (this) {
                case INGRESS -> other != INGRESS && other != OUTPUT;
                case PREROUTING -> other.rank > rank;
                case OUTPUT, FORWARD -> other.rank >= POSTROUTING.rank;
                case POSTROUTING -> other == EGRESS;
                case INPUT, EGRESS -> false;
            };
        }

        /**
         * The name in rules.
         *
         * @return such as {@code prerouting}
         */
        @Override
        public String toString() {
            return switch (this) {
                case INGRESS -> "ingress";
                case PREROUTING -> "prerouting";
                case OUTPUT -> "output";
                case INPUT -> "input";
                case FORWARD -> "forward";
                case POSTROUTING -> "postrouting";
                case EGRESS -> "egress";
            };
        }
    }

    private static final int INET_INGRESS = 5;

    static ChainPlace of(TableId table, ChainHook hook) {
        int number = hook.hook().number();
        AddressFamily family = table.family();
        boolean nat = hook.type().equals(ChainType.NAT);
        int priority = hook.priority().value();
        if (family == AddressFamily.NETDEV) {
            return new ChainPlace(Layer.IP, number == 0 ? Stage.INGRESS : Stage.EGRESS, priority, nat);
        }
        if (family == AddressFamily.ARP) {
            Stage stage = number == 0 ? Stage.INPUT : number == 1 ? Stage.OUTPUT : Stage.FORWARD;
            return new ChainPlace(Layer.ARP, stage, priority, nat);
        }
        Stage stage = switch (number) {
            case 0 -> Stage.PREROUTING;
            case 1 -> Stage.INPUT;
            case 2 -> Stage.FORWARD;
            case 3 -> Stage.OUTPUT;
            case INET_INGRESS -> Stage.INGRESS;
            default -> Stage.POSTROUTING;
        };
        return new ChainPlace(family == AddressFamily.BRIDGE ? Layer.BRIDGE : Layer.IP, stage, priority, nat);
    }

    /** Whether a packet that passed this chain may come to another one. */
    boolean leadsTo(ChainPlace other) {
        if (layer != other.layer) {
            return true; // a packet may change between a bridge and IP
        }
        return stage == other.stage ? priority <= other.priority : stage.leadsTo(other.stage);
    }

    /**
     * The hook and the priority.
     *
     * @return such as {@code prerouting -300}
     */
    @Override
    public String toString() {
        return stage + " " + priority;
    }
}
