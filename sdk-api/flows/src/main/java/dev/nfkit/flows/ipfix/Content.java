// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.FlowRecord;
import java.nio.ByteBuffer;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** How a field gets its bytes from a record. */
sealed interface Content {
    /** Writes a value. */
    interface Writer {
        void write(FlowRecord flow, ByteBuffer out);
    }

    /** A value of the same length in all records. */
    record Fixed(int length, Writer writer) implements Content {}

    /** Bytes whose length depends on the record, 254 at most. */
    record Octets(ToIntFunction<FlowRecord> length, Writer writer) implements Content {}

    /** Text, which is cut if a record would exceed a message. */
    record Text(Function<FlowRecord, String> of) implements Content {}
}
