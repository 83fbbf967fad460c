package dev.nfkit.wire;

import java.util.Locale;
import java.util.Optional;

/** What is known of one attribute of a family: each family has one enum of these, and everything iterates it. */
public interface AttributeType {
    /**
     * The type on the wire.
     *
     * @return 1 to 63
     */
    int code();

    /**
     * The kernel's name.
     *
     * @return a name such as {@code NFULA_MARK}
     */
    String kernelName();

    /**
     * What the value looks like.
     *
     * @return the shape
     */
    AttributeShape shape();

    /**
     * The fewest bytes that the value has; a structure has more than its shape tells.
     *
     * @return a length in bytes, without the attribute's header
     */
    int minimumLength();

    /**
     * The attributes inside, where the shape is {@link AttributeShape#NESTED} and they are known.
     *
     * @return their schema, or empty
     */
    Optional<AttributeSchema> nested();

    /**
     * The first kernel that has it.
     *
     * @return a version such as {@code 2.6.14}
     */
    String since();

    /**
     * The name in JSON: the kernel's name in lower case, without its prefix.
     *
     * @return a name such as {@code mark}
     */
    default String key() {
        String name = kernelName();
        return name.substring(name.indexOf('_') + 1).toLowerCase(Locale.ROOT);
    }
}
