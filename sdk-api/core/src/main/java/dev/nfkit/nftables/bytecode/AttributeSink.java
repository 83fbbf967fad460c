// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the attributes of an instruction in the formats of their shapes. A value of null is not written. */
public final class AttributeSink {
    /** {@code NFTA_LIST_ELEM}. */
    static final int LIST_ELEM = 1;
    /** {@code NFTA_EXPR_NAME}: text. */
    static final int NAME = 1;
    /** {@code NFTA_EXPR_DATA}: a nest of the attributes of the instruction, absent if it has none. */
    static final int DATA = 2;

    private final MessageWriter writer;
    /** Bytes of padding after the nest of an instruction that is kept as bytes. */
    private int trailing;

    AttributeSink(MessageWriter writer) {
        this.writer = writer;
    }

    AttributeSink put(Attribute attribute, long value) {
        int number = attribute.number();
        switch (attribute.shape()) {
            case U8 -> writer.u8(number, (int) value);
            case BE16 -> writer.be16(number, (int) value);
            case BE32 -> writer.be32(number, value);
            case BE64 -> writer.be64(number, value);
            default -> throw new IllegalArgumentException(attribute + " is no number");
        }
        return this;
    }

    AttributeSink put(Attribute attribute, @Nullable Integer value) {
        return value == null ? this : put(attribute, value.longValue());
    }

    AttributeSink put(Attribute attribute, @Nullable Long value) {
        return value == null ? this : put(attribute, value.longValue());
    }

    @SuppressWarnings("EnumOrdinal") // these enums are in the order of the kernel's numbers, which begin at 0
    AttributeSink put(Attribute attribute, @Nullable Enum<?> value) {
        return value == null ? this : put(attribute, value.ordinal());
    }

    AttributeSink put(Attribute attribute, @Nullable String value) {
        if (value != null) {
            writer.string(attribute.number(), value);
        }
        return this;
    }

    AttributeSink put(Attribute attribute, Opaque value) {
        writer.bytes(attribute.number(), value.bytes());
        return this;
    }

    AttributeSink put(Attribute attribute, @Nullable Data value) {
        if (value != null) {
            value.write(writer, attribute.number());
        }
        return this;
    }

    AttributeSink put(Attribute attribute, Encodable value) {
        element(attribute.number(), value);
        return this;
    }

    AttributeSink put(Attribute attribute, List<? extends Encodable> values) {
        list(attribute.number(), values);
        return this;
    }

    /** Attributes as they are. Fills them up to a multiple of four bytes. */
    void raw(Opaque attributes) {
        byte[] all = attributes.bytes().toArray();
        writer.raw(all);
        trailing = Netlink.align(all.length) - all.length;
    }

    /** An attribute that holds a list of instructions. */
    void list(int type, List<? extends Encodable> values) {
        int nest = writer.beginNest(type);
        for (Encodable value : values) {
            element(LIST_ELEM, value);
        }
        writer.endNest(nest);
    }

    /** An attribute that holds an instruction. */
    void element(int type, Encodable value) {
        int nest = writer.beginNest(type);
        writer.string(NAME, value.name());
        if (value.hasData()) {
            int content = writer.beginNest(DATA);
            trailing = 0;
            value.write(this);
            writer.endNest(content);
            writer.raw(new byte[trailing]);
            trailing = 0;
        }
        writer.endNest(nest);
    }
}
