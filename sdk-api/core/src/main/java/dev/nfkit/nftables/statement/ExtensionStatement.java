// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A match or target of x_tables, as iptables-nft writes it. Needs {@code CONFIG_NFT_COMPAT}.
 *
 * <p>Follows {@code nft_compat.c}.
 */
public final class ExtensionStatement implements Statement {
    private final boolean target;
    private final String name;
    private final int revision;
    private final byte[] info;

    /**
     * A match or target.
     *
     * @param target whether it is a target, otherwise a match
     * @param name the extension's name, such as {@code NFQUEUE}
     * @param revision the extension's revision, 0 to 255
     * @param info the extension's own structure, in the byte order of the machine; copied
     * @throws IllegalArgumentException if the revision is out of range
     */
    public ExtensionStatement(boolean target, String name, int revision, byte[] info) {
        if (revision < 0 || revision > 255) {
            throw new IllegalArgumentException("revision " + revision + " is out of 0 to 255");
        }
        this.target = target;
        this.name = name;
        this.revision = revision;
        this.info = info.clone();
    }

    /**
     * Whether it is a target.
     *
     * @return true for a target, false for a match
     */
    public boolean target() {
        return target;
    }

    /**
     * The extension's name.
     *
     * @return a name such as {@code NFQUEUE}
     */
    public String name() {
        return name;
    }

    /**
     * The extension's revision.
     *
     * @return 0 to 255
     */
    public int revision() {
        return revision;
    }

    /**
     * The extension's own structure.
     *
     * @return a copy, in the byte order of the machine
     */
    public byte[] info() {
        return info.clone();
    }

    /**
     * Whether the other object is equal.
     *
     * @param other any object
     * @return true if it is one of this type with the same kind, name, revision and structure
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ExtensionStatement that
                && target == that.target
                && name.equals(that.name)
                && revision == that.revision
                && Arrays.equals(info, that.info);
    }

    /**
     * A hash code of kind, name, revision and structure.
     *
     * @return the hash code
     */
    @Override
    public int hashCode() {
        return Objects.hash(target, name, revision, Arrays.hashCode(info));
    }

    /**
     * The statement as text, which is not part of nft's language.
     *
     * @return text for people
     */
    @Override
    public String toString() {
        return (target ? "xt target \"" : "xt match \"") + name + "\" revision " + revision;
    }
}
