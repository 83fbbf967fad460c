package dev.nfkit.wire;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The definition of one attribute. Immutable. */
public final class AttributeFacts {
    private final int code;
    private final String kernelName;
    private final String key;
    private final AttributeShape shape;
    private final int minimumLength;
    private final String since;
    private final @Nullable AttributeSchema nested;

    private AttributeFacts(
            int code,
            String prefix,
            String name,
            AttributeShape shape,
            int minimumLength,
            String since,
            @Nullable AttributeSchema nested) {
        this.code = code;
        this.kernelName = prefix + name;
        this.key = name.toLowerCase(Locale.ROOT);
        this.shape = shape;
        this.minimumLength = minimumLength;
        this.since = since;
        this.nested = nested;
    }

    /**
     * An attribute with a value.
     *
     * @param code its type on the wire, 1 to 63
     * @param prefix what the kernel's name starts with, such as {@code CTA_IP_}
     * @param name the rest of the kernel's name; in lower case it is the name in JSON
     * @param shape what the value looks like
     * @param minimumLength the fewest bytes of the value
     * @param since the first kernel version with it
     * @return the facts
     */
    public static AttributeFacts of(
            int code, String prefix, String name, AttributeShape shape, int minimumLength, String since) {
        return new AttributeFacts(code, prefix, name, shape, minimumLength, since, null);
    }

    /**
     * An attribute of attributes.
     *
     * @param code its type on the wire, 1 to 63
     * @param prefix what the kernel's name starts with
     * @param name the rest of the kernel's name
     * @param nested the attributes inside
     * @param since the first kernel version with it
     * @return the facts
     */
    public static AttributeFacts nest(int code, String prefix, String name, AttributeSchema nested, String since) {
        return new AttributeFacts(code, prefix, name, AttributeShape.NESTED, 0, since, nested);
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
}
