// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/**
 * An instruction that no record models, because its name is not known, or an attribute or a value is not. It keeps the
 * bytes, so that it is written as it was read.
 *
 * @param name the kernel's name
 * @param data the content of {@code NFTA_EXPR_DATA}, or null without that attribute
 */
public record UnknownInstruction(String name, @Nullable Opaque data) implements Instruction {
    /** Checks the name. */
    public UnknownInstruction {
        Checks.name("name", name);
    }

    @Override
    public boolean hasData() {
        return data != null;
    }

    @Override
    public void write(AttributeSink to) {
        Opaque bytes = data;
        if (bytes != null) {
            to.raw(bytes);
        }
    }

    @Override
    public void print(TextLine line) {
        line.text("unknown");
        Opaque bytes = data;
        if (bytes != null && bytes.bytes().length() > 0) {
            line.text(bytes.toString());
        }
    }
}
