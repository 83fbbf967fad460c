// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackInfo;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.conntrack.TcpFlag;
import dev.nfkit.packet.IpProtocol;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes numbers with their names beside them: {@code "family":2,"family_name":"ipv4"}. A number that has no name stands
 * alone.
 */
public final class JsonNames {
    private static final int NUMBERS = 256;
    private static final @Nullable String[] FAMILIES = new @Nullable String[NUMBERS];
    private static final @Nullable String[] PROTOCOLS = new @Nullable String[NUMBERS];

    static {
        for (int number = 0; number < NUMBERS; number++) {
            String family = AddressFamily.of(number).name();
            FAMILIES[number] = family.startsWith("FAMILY_") ? null : family.toLowerCase(Locale.ROOT);
            String protocol = IpProtocol.name(number);
            PROTOCOLS[number] = protocol.startsWith("proto-") ? null : protocol;
        }
    }

    private JsonNames() {}

    /** Writes {@code family} and {@code family_name}. */
    public static void family(JsonObject json, int number) {
        json.number("family", number);
        named(json, "family_name", FAMILIES[number]);
    }

    /** Writes {@code protocol} and {@code protocol_name}, of the protocol above IP. */
    public static void protocol(JsonObject json, int number) {
        json.number("protocol", number);
        named(json, "protocol_name", protocol(number));
    }

    /** The name of a protocol above IP, or null. */
    static @Nullable String protocol(int number) {
        return number >= 0 && number < NUMBERS ? PROTOCOLS[number] : null;
    }

    /** Writes a name, if there is one. */
    static void named(JsonObject json, String key, @Nullable String name) {
        if (name != null) {
            json.string(key, name);
        }
    }

    /** Writes {@code ct_state}, and {@code ct_direction} of a tracked packet. */
    static void place(JsonObject json, ConntrackInfo info) {
        json.string("ct_state", word(info.state()));
        if (info != ConntrackInfo.UNTRACKED) {
            json.string("ct_direction", info.direction() == Direction.REPLY ? "reply" : "original");
        }
    }

    private static String word(ConntrackInfo state) {
        return switch (state) {
            case NEW, NEW_REPLY -> "new";
            case ESTABLISHED, ESTABLISHED_REPLY -> "established";
            case RELATED, RELATED_REPLY -> "related";
            case UNTRACKED -> "untracked";
        };
    }

    /** Writes the names of a connection's status bits. */
    static void status(JsonObject json, String key, long status) {
        enums(json, key, ConntrackStatus.of(status));
    }

    /** Writes the names of the TCP flags that conntrack has recorded. */
    static void flags(JsonObject json, String key, int flags) {
        enums(json, key, TcpFlag.of(flags));
    }

    private static void enums(JsonObject json, String key, Set<? extends Enum<?>> values) {
        json.beginArray(key);
        for (Enum<?> value : values) {
            json.item(value.name());
        }
        json.endArray();
    }

    /** Writes the names of the bits that are set; bit 0 has the first name. */
    static void bits(JsonObject json, String key, long value, String... names) {
        json.beginArray(key);
        for (int bit = 0; bit < names.length; bit++) {
            if ((value >>> bit & 1) != 0) {
                json.item(names[bit]);
            }
        }
        json.endArray();
    }

    /** The name of an ethertype, or null. */
    static @Nullable String etherType(int number) {
        return switch (number) {
            case 0x0800 -> "ipv4";
            case 0x0806 -> "arp";
            case 0x8100 -> "802.1q";
            case 0x86dd -> "ipv6";
            case 0x8847, 0x8848 -> "mpls";
            case 0x8864 -> "pppoe";
            case 0x88a8 -> "802.1ad";
            default -> null;
        };
    }

    /** The name of a device's type ({@code ARPHRD_*}), as {@code ip link} prints it, or null. */
    static @Nullable String deviceType(int number) {
        return switch (number) {
            case 1 -> "ether";
            case 512 -> "ppp";
            case 768 -> "ipip";
            case 769 -> "tunnel6";
            case 772 -> "loopback";
            case 776 -> "sit";
            case 778 -> "gre";
            case 823 -> "gre6";
            case 65534 -> "none";
            default -> null;
        };
    }
}
