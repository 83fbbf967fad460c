// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.filter;

import dev.nfkit.packet.IpPrefix;
import dev.nfkit.packet.IpProtocol;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/** One property of a packet. A property that a packet does not have, such as an address or a port, never matches. */
sealed interface Match extends PacketFilter {
    /** The source, the destination, or either. */
    enum Side {
        SOURCE,
        DESTINATION,
        EITHER
    }

    /** {@code ip}, {@code ip6}. */
    record Version(int version) implements Match {
        @Override
        public boolean matches(FilterView packet) {
            return packet.version() == version;
        }

        @Override
        public String toString() {
            return version == 4 ? "ip" : "ip6";
        }
    }

    /** {@code tcp}, {@code proto 47}. */
    record Protocol(int number) implements Match {
        /** Protocols that have a keyword. */
        static final Map<String, Integer> WORDS = new TreeMap<>(Map.of(
                "icmp", IpProtocol.ICMP,
                "icmp6", IpProtocol.ICMPV6,
                "tcp", IpProtocol.TCP,
                "udp", IpProtocol.UDP,
                "sctp", IpProtocol.SCTP));

        static String text(int number) {
            for (Map.Entry<String, Integer> word : WORDS.entrySet()) {
                if (word.getValue() == number) {
                    return word.getKey();
                }
            }
            return "proto " + number;
        }

        @Override
        public boolean matches(FilterView packet) {
            return packet.protocol() == number;
        }

        @Override
        public String toString() {
            return text(number);
        }
    }

    /** {@code src 10.0.0.0/8}, {@code dst fd00::1}, {@code host 10.0.0.1}. */
    record Address(Side side, IpPrefix network) implements Match {
        @Override
        public boolean matches(FilterView packet) {
            return (side != Side.DESTINATION && packet.comesFrom(network))
                    || (side != Side.SOURCE && packet.goesTo(network));
        }

        @Override
        public String toString() {
            return switch (side) {
                        case SOURCE -> "src ";
                        case DESTINATION -> "dst ";
                        case EITHER -> "host ";
                    }
                    + network;
        }
    }

    /** {@code dport 53}, {@code tcp sport 1024-65535}; any protocol with ports if none is named. */
    record Ports(int protocol, Side side, int from, int to) implements Match {
        static final int ANY_PROTOCOL = -1;

        @Override
        public boolean matches(FilterView packet) {
            return (protocol == ANY_PROTOCOL || packet.protocol() == protocol)
                    && packet.hasPorts()
                    && ((side != Side.DESTINATION && within(packet.sourcePort()))
                            || (side != Side.SOURCE && within(packet.destinationPort())));
        }

        private boolean within(int port) {
            return port >= from && port <= to;
        }

        @Override
        public String toString() {
            String word = switch (side) {
                case SOURCE -> "sport ";
                case DESTINATION -> "dport ";
                case EITHER -> "port ";
            };
            return (protocol == ANY_PROTOCOL ? "" : Protocol.text(protocol) + " ")
                    + word
                    + from
                    + (to == from ? "" : "-" + to);
        }
    }

    /** {@code tcp flags syn,!ack}: the flags that must be set, and those that must not be set. */
    record TcpFlags(int set, int clear) implements Match {
        /** Flags in the order of their bits. */
        static final String[] WORDS = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};

        @Override
        public boolean matches(FilterView packet) {
            int flags = packet.tcpFlags();
            return flags >= 0 && (flags & set) == set && (flags & clear) == 0;
        }

        @Override
        public String toString() {
            StringJoiner words = new StringJoiner(",", "tcp flags ", "");
            for (int bit = 0; bit < WORDS.length; bit++) {
                if ((set >>> bit & 1) != 0) {
                    words.add(WORDS[bit]);
                }
                if ((clear >>> bit & 1) != 0) {
                    words.add("!" + WORDS[bit]);
                }
            }
            return words.toString();
        }
    }

    /** {@code mark 7}, {@code mark 0x10/0xf0}. */
    record Mark(long value, long mask) implements Match {
        @Override
        public boolean matches(FilterView packet) {
            return (packet.mark() & mask) == value;
        }

        @Override
        public String toString() {
            return "mark " + hex(value) + (mask == 0xffff_ffffL ? "" : "/" + hex(mask));
        }

        private static String hex(long number) {
            return "0x" + Long.toHexString(number);
        }
    }

    /** {@code uid 1000}: the user that owns the sending socket. */
    record User(long id) implements Match {
        @Override
        public boolean matches(FilterView packet) {
            return packet.uid() == id;
        }

        @Override
        public String toString() {
            return "uid " + id;
        }
    }

    /** {@code gid 1000}: the group that owns the sending socket. */
    record GroupId(long id) implements Match {
        @Override
        public boolean matches(FilterView packet) {
            return packet.gid() == id;
        }

        @Override
        public String toString() {
            return "gid " + id;
        }
    }

    /** {@code in lo}: the interface or bridge port on which the packet arrived. */
    record In(String name) implements Match {
        @Override
        public boolean matches(FilterView packet) {
            return packet.cameInBy(name);
        }

        @Override
        public String toString() {
            return "in " + name;
        }
    }

    /** {@code out eth0}: the interface or bridge port through which the packet leaves. */
    record Out(String name) implements Match {
        @Override
        public boolean matches(FilterView packet) {
            return packet.leavesBy(name);
        }

        @Override
        public String toString() {
            return "out " + name;
        }
    }

    /** {@code queue 3}: for rules over several queues. */
    record Queue(int number) implements Match {
        @Override
        public boolean matches(FilterView packet) {
            return packet.queue() == number;
        }

        @Override
        public String toString() {
            return "queue " + number;
        }
    }

    /** {@code group 30}: for filters over several groups of NFLOG. */
    record Group(int number) implements Match {
        @Override
        public boolean matches(FilterView packet) {
            return packet.group() == number;
        }

        @Override
        public String toString() {
            return "group " + number;
        }
    }

    /** {@code len > 1000}: the bytes of the packet from its IP header on, including those that were not copied. */
    record Length(Comparison comparison, int bytes) implements Match {
        @Override
        public boolean matches(FilterView packet) {
            return comparison.holds(packet.length(), bytes);
        }

        @Override
        public String toString() {
            return "len " + comparison + " " + bytes;
        }
    }
}
