// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.bytecode.Registers;
import org.jspecify.annotations.Nullable;

/** The registers of a rule while its instructions are read. */
final class RegisterFile {
    private static final int WORDS = 16;

    private final @Nullable Loaded[] values = new Loaded[WORDS];

    void put(int register, Loaded value) {
        values[Registers.word(register)] = value;
    }

    boolean has(int register) {
        int word = Registers.word(register);
        return word < WORDS && values[word] != null;
    }

    Loaded get(int register) {
        return at(Registers.word(register));
    }

    Loaded at(int word) {
        Loaded value = word < WORDS ? values[word] : null;
        if (value == null) {
            throw new UnreadableRuleException("register of word " + word + " was not loaded");
        }
        return value;
    }
}
