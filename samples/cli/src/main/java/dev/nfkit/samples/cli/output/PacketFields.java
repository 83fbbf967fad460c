// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.wire.AttributeType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the printers need to know about a family of packets: access to its attributes by schema, and its specific
 * fields. Attributes that both families have go by the same names, by which they are found here.
 */
public abstract class PacketFields<P extends NetfilterPacket, A extends AttributeType> {
    private static final String INDEX = "ifindex_";

    final A header;
    final A timestamp;
    final A payload;
    final A inDevice;
    final A outDevice;
    final A physInDevice;
    final A physOutDevice;
    final A hardwareAddress;
    final A uid;
    final A vlan;
    final A connection;
    final A connectionInfo;

    private final List<Field<A>> fields;

    /**
     * An attribute and its member of a JSON object, which is computed once.
     *
     * @param attribute the attribute
     * @param key the member's name
     * @param interfaceKey the member for the name of an interface, or null if the attribute is not the index of one
     */
    record Field<A>(A attribute, String key, @Nullable String interfaceKey) {}

    /**
     * Creates the fields of a schema.
     *
     * @param first the attributes to print first
     * @param all all attributes of the schema
     */
    PacketFields(List<A> first, List<A> all) {
        Set<A> ordered = new LinkedHashSet<>(first);
        ordered.addAll(all);
        fields = new ArrayList<>();
        ordered.forEach(attribute -> fields.add(field(attribute)));
        header = find("packet_hdr");
        timestamp = find("timestamp");
        payload = find("payload");
        inDevice = find("ifindex_indev");
        outDevice = find("ifindex_outdev");
        physInDevice = find("ifindex_physindev");
        physOutDevice = find("ifindex_physoutdev");
        hardwareAddress = find("hwaddr");
        uid = find("uid");
        vlan = find("vlan");
        connection = find("ct");
        connectionInfo = find("ct_info");
    }

    private static <A extends AttributeType> Field<A> field(A attribute) {
        String key = attribute.key();
        boolean index = key.startsWith(INDEX);
        return new Field<>(attribute, key, index ? "ifname_" + key.substring(INDEX.length()) : null);
    }

    private A find(String key) {
        for (Field<A> field : fields) {
            if (field.key().equals(key)) {
                return field.attribute();
            }
        }
        throw new IllegalArgumentException("the schema has no " + key);
    }

    /** All attributes, in the order of printing. */
    final List<Field<A>> fields() {
        return fields;
    }

    /** The kind of JSON object. */
    abstract String kind();

    /** Whether the kernel sent an attribute. */
    abstract boolean has(P packet, A attribute);

    /** An attribute's value as received. */
    abstract Bytes bytes(P packet, A attribute);

    /** Writes the group or queue of the packet, and other fields that identify it. */
    abstract void identify(P packet, JsonObject json);

    /** Writes the same for people. */
    abstract void identify(P packet, StringBuilder line);

    /** Writes the text that the rule attached to the packet, for people. */
    abstract void remark(P packet, StringBuilder line);
}
