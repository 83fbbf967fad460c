package dev.nfkit.samples.cli.output;

import dev.nfkit.Bytes;
import dev.nfkit.netfilter.NetfilterPacket;
import dev.nfkit.wire.AttributeType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the printers need to know about a family of packets: access to its attributes by schema, and its specific
 * fields. Attributes that both families have go by the same names, by which they are found here.
 */
public abstract class PacketFields<P extends NetfilterPacket, A extends AttributeType> {
    final A header;
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

    /** An attribute and its name, which is computed once. */
    record Field<A>(A attribute, String key) {}

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
        ordered.forEach(attribute -> fields.add(new Field<>(attribute, attribute.key())));
        header = find("packet_hdr");
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
