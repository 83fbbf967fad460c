// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

import dev.nfkit.testkit.sample.NflogContents;
import dev.nfkit.testkit.sample.NfqueueContents;
import dev.nfkit.wire.MessageWriter;
import java.util.function.Consumer;

/** Where packets go that rules log or queue. Requires the clock's lock. */
public interface Deliveries {
    /** Logs a packet to a group. Returns whether it is bound. */
    boolean log(int group, NflogContents packet);

    /** Queues a packet; what becomes of it is reported to the traversal that it carries. */
    void queue(int number, NfqueueContents packet);

    /** Sends a trace message to its listeners; with the bytes that the kernel allocates for it. */
    void trace(int allocated, Consumer<MessageWriter> message);
}
