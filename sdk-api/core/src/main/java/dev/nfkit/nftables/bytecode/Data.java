// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.wire.MessageWriter;

/** What {@code NFTA_DATA_*} holds: constant bytes or a verdict. Elements of sets have it, too. */
public sealed interface Data permits Constant, Verdict {
    /** {@code NFTA_DATA_VALUE}: constant bytes. */
    int VALUE = 1;
    /** {@code NFTA_DATA_VERDICT}: a nest of {@code NFTA_VERDICT_*}. */
    int VERDICT = 2;

    /**
     * Writes the attribute that holds this data.
     *
     * @param writer the target
     * @param type the attribute's number
     */
    default void write(MessageWriter writer, int type) {
        int nest = writer.beginNest(type);
        writeContent(writer);
        writer.endNest(nest);
    }

    /**
     * Writes {@code NFTA_DATA_VALUE} or {@code NFTA_DATA_VERDICT}.
     *
     * @param writer the target
     */
    void writeContent(MessageWriter writer);
}
