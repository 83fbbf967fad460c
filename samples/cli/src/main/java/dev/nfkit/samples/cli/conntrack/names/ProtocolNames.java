// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.names;

import dev.nfkit.conntrack.DccpState;
import dev.nfkit.conntrack.SctpState;
import dev.nfkit.conntrack.TcpState;
import dev.nfkit.packet.IpProtocol;
import java.util.Locale;
import java.util.OptionalInt;

/** Protocols above IP and their states, by the names of conntrack(8). */
public final class ProtocolNames {
    private static final int PROTOCOLS = 256;
    private static final int WIDTH = 8;
    private static final String[] COLUMNS = columns();
    private static final String[] TCP_STATES = names(TcpState.values());
    private static final String[] SCTP_STATES = names(SctpState.values());
    private static final String[] DCCP_STATES = names(DccpState.values());
    private static final ProtocolFile FILE = ProtocolFile.ofMachine();

    private ProtocolNames() {}

    /** The name of a protocol; {@code unknown} if conntrack(8) has none. */
    public static String name(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> "tcp";
            case IpProtocol.UDP -> "udp";
            case IpProtocol.UDPLITE -> "udplite";
            case IpProtocol.ICMP -> "icmp";
            case IpProtocol.ICMPV6 -> "icmpv6";
            case IpProtocol.SCTP -> "sctp";
            case IpProtocol.GRE -> "gre";
            case IpProtocol.DCCP -> "dccp";
            default -> "unknown";
        };
    }

    private static String[] columns() {
        String[] columns = new String[PROTOCOLS];
        for (int protocol = 0; protocol < PROTOCOLS; protocol++) {
            String name = name(protocol);
            columns[protocol] = name + " ".repeat(WIDTH - name.length()) + " " + protocol + " ";
        }
        return columns;
    }

    private static String[] names(Enum<?>... states) {
        String[] names = new String[states.length];
        for (int i = 0; i < names.length; i++) {
            names[i] = states[i].name();
        }
        return names;
    }

    /** Name and number as the first columns of a line: {@code tcp      6 }. */
    public static String column(int protocol) {
        return COLUMNS[protocol];
    }

    /** The number of a protocol of 0 to 255 by its name, here or in {@code /etc/protocols}, or by its number. */
    public static OptionalInt parse(String text) {
        String wanted = text.toLowerCase(Locale.ROOT);
        if (wanted.matches("\\d{1,3}")) {
            int number = Integer.parseInt(wanted);
            return number < PROTOCOLS ? OptionalInt.of(number) : OptionalInt.empty();
        }
        for (int protocol = 0; protocol < PROTOCOLS; protocol++) {
            if (wanted.equals(name(protocol)) && !wanted.equals("unknown")) {
                return OptionalInt.of(protocol);
            }
        }
        return FILE.find(wanted);
    }

    /** The name of a state; {@code NONE} for unknown states, as in conntrack(8). */
    public static String state(int protocol, int number) {
        String[] names = states(protocol);
        return number < names.length ? names[number] : "NONE";
    }

    /** The number of a state by its name; empty if the protocol has no such state. */
    public static OptionalInt parseState(int protocol, String text) {
        if (protocol == IpProtocol.TCP && text.equalsIgnoreCase("LISTEN")) {
            return OptionalInt.of(TcpState.SYN_SENT2.number()); // its name before Linux 2.6.31
        }
        String[] names = states(protocol);
        for (int i = 0; i < names.length; i++) {
            if (names[i].equalsIgnoreCase(text)) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    /** The states of a protocol, by number; empty if it has none. */
    public static String[] states(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> TCP_STATES;
            case IpProtocol.SCTP -> SCTP_STATES;
            case IpProtocol.DCCP -> DCCP_STATES;
            default -> new String[0];
        };
    }
}
