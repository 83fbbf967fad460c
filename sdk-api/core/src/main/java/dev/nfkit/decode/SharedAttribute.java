// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.decode;

import java.util.EnumMap;
import java.util.Map;

/** The attributes that packets of both families have. Their names are the same, their numbers are not. */
public enum SharedAttribute {
    /** The time at which the packet came in. */
    TIMESTAMP,
    /** The interface that it came in by. */
    IFINDEX_INDEV,
    /** The interface that it leaves by. */
    IFINDEX_OUTDEV,
    /** The bridge port that it came in by. */
    IFINDEX_PHYSINDEV,
    /** The bridge port that it leaves by. */
    IFINDEX_PHYSOUTDEV,
    /** The sender's link-layer address. */
    HWADDR,
    /** The user of the sending socket. */
    UID,
    /** The group of the sending socket. */
    GID,
    /** The VLAN tag. */
    VLAN,
    /** The link-layer header. */
    L2HDR,
    /** The connection. */
    CT,
    /** The place in the connection. */
    CT_INFO;

    /**
     * The attributes of one family.
     *
     * @throws IllegalArgumentException if the family lacks one
     */
    static <A extends Enum<A>> Map<SharedAttribute, A> of(Class<A> family) {
        Map<SharedAttribute, A> found = new EnumMap<>(SharedAttribute.class);
        for (SharedAttribute shared : values()) {
            found.put(shared, Enum.valueOf(family, shared.name()));
        }
        return found;
    }
}
