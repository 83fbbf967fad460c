// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire;

import java.util.Optional;

/** One attribute of a family. Each family has one enum of them, which decoder, JSON, fakes and fuzzing iterate. */
public interface AttributeType {
    /**
     * The definition, from which the other methods follow.
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
     * The format of the value.
     *
     * @return the shape
     */
    default AttributeShape shape() {
        return facts().shape();
    }

    /**
     * The minimum length of the value; that of a structure exceeds the minimum of its shape.
     *
     * @return a length in bytes, without the attribute's header
     */
    default int minimumLength() {
        return facts().minimumLength();
    }

    /**
     * The attributes inside, if the shape is {@link AttributeShape#NESTED} and they are known.
     *
     * @return their schema, or empty
     */
    default Optional<AttributeSchema> nested() {
        return facts().nested();
    }

    /**
     * The first kernel version with it.
     *
     * @return a version such as {@code 2.6.14}
     */
    default String since() {
        return facts().since();
    }

    /**
     * Why the kernel omits the attribute, and what would make the kernel send it, if anything.
     *
     * @return a text such as {@code the packet's mark is 0}
     */
    default String absence() {
        return facts().absence();
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
