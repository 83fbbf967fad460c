// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The known attributes of one message or nest, found by their code. Immutable. */
public final class AttributeSchema {
    private static final int CODES = 64;

    private final String name;
    private final List<AttributeType> types;
    private final @Nullable AttributeType[] byCode = new @Nullable AttributeType[CODES];

    /**
     * A schema of the given attributes.
     *
     * @param name the kernel's name of the message or nest that holds them, such as {@code NFULNL_MSG_PACKET}
     * @param types the attributes
     * @throws IllegalArgumentException if a code is out of 1 to 63 or occurs twice
     */
    public AttributeSchema(String name, List<? extends AttributeType> types) {
        this.name = name;
        this.types = List.copyOf(types);
        for (AttributeType type : types) {
            int code = type.code();
            if (code < 1 || code >= CODES || byCode[code] != null) {
                throw new IllegalArgumentException(
                        "attribute code " + code + " of " + type.kernelName() + " is out of 1 to 63 or occurs twice");
            }
            byCode[code] = type;
        }
    }

    /**
     * The message or nest that holds the attributes.
     *
     * @return the kernel's name
     */
    public String name() {
        return name;
    }

    /**
     * The known attributes, in their declared order.
     *
     * @return an immutable list
     */
    public List<AttributeType> types() {
        return types;
    }

    /**
     * The attribute of a code.
     *
     * @param code a type on the wire, without its two flag bits
     * @return the attribute, or empty if it is not known
     */
    public Optional<AttributeType> find(int code) {
        return code < 0 || code >= CODES ? Optional.empty() : Optional.ofNullable(byCode[code]);
    }

    /**
     * The name of a code, known or not.
     *
     * @param code a type on the wire, without its two flag bits
     * @return the kernel's name, or {@code attribute 99}
     */
    public String nameOf(int code) {
        return find(code).map(AttributeType::kernelName).orElse("attribute " + code);
    }
}
