// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Selector;
import java.util.List;

/**
 * The form that a value must have, because of what it is assigned to.
 *
 * @param types its types; more than one for a concatenation
 * @param bytes its size in registers
 * @param host whether it must be in the byte order of the machine
 * @param range whether it is the first and the last of several values
 */
record Form(List<DataType> types, int bytes, boolean host, boolean range) {
    Form(List<DataType> types, int bytes, boolean host) {
        this(types, bytes, host, false);
    }

    static Form of(Selector target) {
        return new Form(
                List.of(target.type()), Math.max(1, (target.bits() + Byte.SIZE - 1) / Byte.SIZE), target.hostOrder());
    }

    static Form of(DataType type) {
        return new Form(List.of(type), (type.bits() + Byte.SIZE - 1) / Byte.SIZE, type.hostOrder());
    }
}
