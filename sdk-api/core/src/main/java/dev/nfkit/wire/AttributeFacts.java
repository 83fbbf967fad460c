// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.wire;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The definition of one attribute, in one line of its family's enum. Immutable. */
public final class AttributeFacts {
    private final int code;
    private final String kernelName;
    private final String key;
    private final AttributeShape shape;
    private final int minimumLength;
    private final String since;
    private final @Nullable AttributeSchema nested;
    private final String absence;

    private AttributeFacts(
            int code, AttributeShape shape, int minimumLength, String since, @Nullable AttributeSchema nested) {
        this.code = code;
        this.kernelName = "";
        this.key = "";
        this.shape = shape;
        this.minimumLength = minimumLength;
        this.since = since;
        this.nested = nested;
        this.absence = "the kernel did not send it";
    }

    private AttributeFacts(AttributeFacts other, String kernelName, String key, String absence) {
        this.code = other.code;
        this.kernelName = kernelName;
        this.key = key;
        this.shape = other.shape;
        this.minimumLength = other.minimumLength;
        this.since = other.since;
        this.nested = other.nested;
        this.absence = absence;
    }

    /**
     * An attribute with a value.
     *
     * @param code its type on the wire, 1 to 63
     * @param shape the format of the value, which also determines its minimum length
     * @param since the first kernel version with it
     * @return the facts
     */
    public static AttributeFacts value(int code, AttributeShape shape, String since) {
        return value(code, shape, shape.minimumLength(), since);
    }

    /**
     * An attribute with a value of another minimum length than its shape's, such as a structure.
     *
     * @param code its type on the wire, 1 to 63
     * @param shape the format of the value
     * @param minimumLength the fewest bytes of the value
     * @param since the first kernel version with it
     * @return the facts
     */
    public static AttributeFacts value(int code, AttributeShape shape, int minimumLength, String since) {
        return new AttributeFacts(code, shape, minimumLength, since, null);
    }

    /**
     * An attribute of attributes.
     *
     * @param code its type on the wire, 1 to 63
     * @param nested the attributes inside
     * @param since the first kernel version with it
     * @return the facts
     */
    public static AttributeFacts nest(int code, AttributeSchema nested, String since) {
        return new AttributeFacts(code, AttributeShape.NESTED, 0, since, nested);
    }

    /**
     * The same with the reason for which the kernel omits it, and what would make the kernel send it, if anything.
     *
     * @param reason a text that follows "is absent:"
     * @return new facts
     */
    public AttributeFacts absent(String reason) {
        return new AttributeFacts(this, kernelName, key, reason);
    }

    /**
     * The same with its names.
     *
     * @param prefix the beginning of the kernel's name, such as {@code CTA_IP_}
     * @param name the rest of the kernel's name; in lower case it is the name in JSON
     * @return new facts
     */
    public AttributeFacts named(String prefix, String name) {
        return new AttributeFacts(this, prefix + name, name.toLowerCase(Locale.ROOT), absence);
    }

    int code() {
        return code;
    }

    String kernelName() {
        return kernelName;
    }

    String key() {
        return key;
    }

    AttributeShape shape() {
        return shape;
    }

    int minimumLength() {
        return minimumLength;
    }

    String since() {
        return since;
    }

    Optional<AttributeSchema> nested() {
        return Optional.ofNullable(nested);
    }

    String absence() {
        return absence;
    }
}
