package dev.nfkit.wire;

import java.util.Optional;

/** What is known of one attribute of a family: each family has one enum of these, and everything iterates it. */
public interface AttributeType {
    /**
     * All that is known, from which the rest follows.
     *
     * @return the facts
     */
    AttributeFacts facts();

    /**
     * The type on the wire.
     *
     * @return 1 to 63
     */
    default int code() {
        return facts().code();
    }

    /**
     * The kernel's name.
     *
     * @return a name such as {@code NFULA_MARK}
     */
    default String kernelName() {
        return facts().kernelName();
    }

    /**
     * What the value looks like.
     *
     * @return the shape
     */
    default AttributeShape shape() {
        return facts().shape();
    }

    /**
     * The fewest bytes that the value has; a structure has more than its shape tells.
     *
     * @return a length in bytes, without the attribute's header
     */
    default int minimumLength() {
        return facts().minimumLength();
    }

    /**
     * The attributes inside, where the shape is {@link AttributeShape#NESTED} and they are known.
     *
     * @return their schema, or empty
     */
    default Optional<AttributeSchema> nested() {
        return facts().nested();
    }

    /**
     * The first kernel that has it.
     *
     * @return a version such as {@code 2.6.14}
     */
    default String since() {
        return facts().since();
    }

    /**
     * The name in JSON: the kernel's name in lower case, without its prefix.
     *
     * @return a name such as {@code mark}
     */
    default String key() {
        return facts().key();
    }
}
