// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackAttribute.Dccp;
import dev.nfkit.conntrack.ConntrackAttribute.Proto;
import dev.nfkit.conntrack.ConntrackAttribute.Sctp;
import dev.nfkit.conntrack.ConntrackAttribute.Tcp;
import dev.nfkit.conntrack.DccpRole;
import dev.nfkit.conntrack.DccpState;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.conntrack.SctpState;
import dev.nfkit.conntrack.TcpState;
import dev.nfkit.packet.IcmpType;
import dev.nfkit.wire.AttributeType;
import org.jspecify.annotations.Nullable;

/** Writes the names that stand beside numbers in the attributes of connections and expectations. */
final class AttributeNames {
    private static final int IPV4 = 4;
    private static final int IPV6 = 6;

    private AttributeNames() {}

    /** Writes the name of a value, if it has one. */
    static void write(JsonObject json, AttributeType type, Bytes value) {
        if (type instanceof Proto proto) {
            proto(json, proto, value);
        } else if (type instanceof Tcp tcp) {
            tcp(json, tcp, value);
        } else if (type == Sctp.STATE) {
            state(json, SctpState.values(), value);
        } else if (type == Dccp.STATE) {
            state(json, DccpState.values(), value);
        } else if (type == Dccp.ROLE) {
            String role = DccpRole.of(value.u8(0)).map(Enum::name).orElse(null);
            JsonNames.named(json, "role_name", role);
        } else if (type == ConntrackAttribute.STATUS) {
            JsonNames.status(json, "status_names", value.u32(0));
        } else if (type == ConntrackAttribute.STATUS_MASK) {
            JsonNames.status(json, "status_mask_names", value.u32(0));
        } else if (type == ExpectationAttribute.FLAGS) {
            JsonNames.bits(json, "flags_names", value.u32(0), "PERMANENT", "INACTIVE", "USERSPACE");
        } else if (type == ExpectationAttribute.Nat.DIR) {
            json.string("dir_name", value.u32(0) == 0 ? "original" : "reply");
        }
    }

    private static void proto(JsonObject json, Proto type, Bytes value) {
        switch (type) {
            case NUM -> JsonNames.named(json, "num_name", JsonNames.protocol(value.u8(0)));
            case ICMP_TYPE -> JsonNames.named(json, "icmp_type_name", icmp(IPV4, value.u8(0)));
            case ICMPV6_TYPE -> JsonNames.named(json, "icmpv6_type_name", icmp(IPV6, value.u8(0)));
            default -> {}
        }
    }

    private static @Nullable String icmp(int version, int type) {
        return IcmpType.name(version, type).orElse(null);
    }

    private static void tcp(JsonObject json, Tcp type, Bytes value) {
        switch (type) {
            case STATE -> state(json, TcpState.values(), value);
            case FLAGS_ORIGINAL -> JsonNames.flags(json, "flags_original_names", value.u8(0));
            case FLAGS_REPLY -> JsonNames.flags(json, "flags_reply_names", value.u8(0));
            default -> {}
        }
    }

    private static void state(JsonObject json, Enum<?>[] states, Bytes value) {
        int number = value.u8(0);
        JsonNames.named(json, "state_name", number < states.length ? states[number].name() : null);
    }
}
