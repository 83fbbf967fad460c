// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An instruction of the kernel's rule that this library does not know, or that is not part of a statement it knows. It
 * is kept as it is and survives a rewrite of the rule.
 */
public final class RawStatement implements Statement {
    private final String name;
    private final byte[] data;

    /**
     * A raw instruction.
     *
     * @param name the kernel's name of the expression ({@code NFTA_EXPR_NAME}), such as {@code osf}
     * @param data its attributes ({@code NFTA_EXPR_DATA}), in the byte order of the machine; copied
     */
    public RawStatement(String name, byte[] data) {
        this.name = name;
        this.data = data.clone();
    }

    /**
     * The kernel's name of the expression.
     *
     * @return a name such as {@code osf}
     */
    public String name() {
        return name;
    }

    /**
     * The attributes of the expression.
     *
     * @return a copy, in the byte order of the machine
     */
    public byte[] data() {
        return data.clone();
    }

    /**
     * Whether the other object is equal.
     *
     * @param other any object
     * @return true if it is one of this type with the same name and data
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RawStatement that && name.equals(that.name) && Arrays.equals(data, that.data);
    }

    /**
     * A hash code of name and data.
     *
     * @return the hash code
     */
    @Override
    public int hashCode() {
        return Objects.hash(name, Arrays.hashCode(data));
    }

    /**
     * The statement as text, which is not part of nft's language.
     *
     * @return text for people
     */
    @Override
    public String toString() {
        return "raw " + name + " " + HexFormat.of().formatHex(data);
    }
}
