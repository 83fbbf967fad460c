// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.decode;

import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeType;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The particulars of one family's packets, for {@link PacketMessage}.
 *
 * @param <A> the family's attributes
 */
public final class PacketShape<A extends Enum<A> & AttributeType> {
    private final Class<A> attributes;
    private final AttributeSchema schema;
    private final Map<SharedAttribute, A> shared;
    private final int vlan;
    private final String vlanPath;
    private final long steady;

    /**
     * The shape of a family's packets.
     *
     * @param attributes the family's attributes
     * @param schema their schema
     * @param steady the attributes that are the same in all packets of a rule
     */
    public PacketShape(Class<A> attributes, AttributeSchema schema, Set<A> steady) {
        this.attributes = attributes;
        this.schema = schema;
        this.shared = SharedAttribute.of(attributes);
        A vlan = shared(SharedAttribute.VLAN);
        this.vlan = vlan.code();
        this.vlanPath = schema.name() + "/" + vlan.kernelName();
        this.steady = steady.stream().mapToLong(each -> 1L << each.code()).reduce(0, (some, one) -> some | one);
    }

    Class<A> attributes() {
        return attributes;
    }

    AttributeSchema schema() {
        return schema;
    }

    A shared(SharedAttribute attribute) {
        return Objects.requireNonNull(shared.get(attribute));
    }

    int vlan() {
        return vlan;
    }

    String vlanPath() {
        return vlanPath;
    }

    long steady() {
        return steady;
    }
}
