// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.DataType;
import java.math.BigInteger;
import java.util.EnumMap;
import java.util.Map;

/** The names of values, and how a value without a name is printed, by data type. */
final class Symbols {
    private static final Map<DataType, SymbolTable> TABLES = new EnumMap<>(DataType.class);

    static {
        TABLES.put(DataType.NF_PROTO, NetworkSymbols.FAMILY);
        TABLES.put(DataType.ETHER_TYPE, LinkSymbols.ETHER_TYPE);
        TABLES.put(DataType.ARP_OP, LinkSymbols.ARP_OPERATION);
        TABLES.put(DataType.INET_PROTO, NetworkSymbols.PROTOCOL);
        TABLES.put(DataType.ICMP_TYPE, IcmpSymbols.TYPE);
        TABLES.put(DataType.TCP_FLAG, TransportSymbols.TCP_FLAG);
        TABLES.put(DataType.DCCP_PKTTYPE, TransportSymbols.DCCP_TYPE);
        TABLES.put(DataType.MH_TYPE, NetworkSymbols.MOBILITY_TYPE);
        TABLES.put(DataType.IFACE_TYPE, LinkSymbols.DEVICE_TYPE);
        TABLES.put(DataType.REALM, NetworkSymbols.REALM);
        TABLES.put(DataType.CLASSID, NetworkSymbols.PRIORITY);
        TABLES.put(DataType.CT_STATE, ConnectionSymbols.STATE);
        TABLES.put(DataType.CT_DIR, ConnectionSymbols.DIRECTION);
        TABLES.put(DataType.CT_STATUS, ConnectionSymbols.STATUS);
        TABLES.put(DataType.CT_EVENT, ConnectionSymbols.EVENT);
        TABLES.put(DataType.ICMPV6_TYPE, IcmpSymbols.TYPE_V6);
        TABLES.put(DataType.PKT_TYPE, LinkSymbols.PACKET_TYPE);
        TABLES.put(DataType.ICMP_CODE, IcmpSymbols.CODE);
        TABLES.put(DataType.ICMPV6_CODE, IcmpSymbols.CODE_V6);
        TABLES.put(DataType.ICMPX_CODE, IcmpSymbols.CODE_BOTH);
        TABLES.put(DataType.DEVGROUP, LinkSymbols.DEVICE_GROUP);
        TABLES.put(DataType.DSCP, NetworkSymbols.DSCP);
        TABLES.put(DataType.ECN, NetworkSymbols.ECN);
        TABLES.put(DataType.FIB_ADDRTYPE, NetworkSymbols.ADDRESS_TYPE);
        TABLES.put(DataType.BOOLEAN, SymbolTable.of("exists=1 missing=0"));
        TABLES.put(DataType.IGMP_TYPE, NetworkSymbols.IGMP_TYPE);
        TABLES.put(
                DataType.TIME_DAY,
                SymbolTable.of("Sunday=0 Monday=1 Tuesday=2 Wednesday=3 Thursday=4 Friday=5 Saturday=6"));
    }

    private Symbols() {}

    static SymbolTable of(DataType type) {
        return TABLES.getOrDefault(type, SymbolTable.NONE);
    }

    /** Whether names are printed in quotes. */
    static boolean quoted(DataType type) {
        return type == DataType.REALM || type == DataType.DEVGROUP || type == DataType.TIME_DAY;
    }

    /** A number without a name, as nft prints it. */
    static String number(DataType type, BigInteger value) {
        return switch (type) {
            case ETHER_TYPE -> padded(value, 4);
            case MARK -> padded(value, 8);
            case DSCP -> padded(value, 2);
            case BITMASK, TCP_FLAG, CT_STATE, CT_STATUS, CT_EVENT, CT_LABEL -> padded(value, 1);
            default -> value.toString();
        };
    }

    static String padded(BigInteger value, int digits) {
        String text = value.toString(16);
        return "0x" + "0".repeat(Math.max(0, digits - text.length())) + text;
    }
}
