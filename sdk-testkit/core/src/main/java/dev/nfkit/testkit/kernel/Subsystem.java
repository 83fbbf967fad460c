// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import dev.nfkit.Errno;
import dev.nfkit.testkit.message.ParsedMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The model of one subsystem of nfnetlink, or of another netlink protocol. All of it requires the clock's lock. */
public interface Subsystem {
    /** Whether a message is for this subsystem. */
    boolean takes(ParsedMessage request);

    /**
     * Executes a message.
     *
     * @return whether it may be acknowledged; a dump is not
     * @throws Refused if the kernel refuses it
     */
    boolean request(KernelSocket socket, ParsedMessage request) throws Refused;

    /** Whether all of its requests need CAP_NET_ADMIN, as those of nfnetlink do. */
    default boolean privileged() {
        return true;
    }

    /** The number of the subsystem if it has batches, or null. */
    default @Nullable Integer batches() {
        return null;
    }

    /** Whether a generation is the present one. */
    default boolean current(long generation) {
        return true;
    }

    /**
     * Executes a message of a batch.
     *
     * @throws Refused if the kernel refuses it
     */
    default void change(KernelSocket socket, ParsedMessage request) throws Refused {
        throw new Refused(Errno.EINVAL);
    }

    /**
     * Makes the changes of a batch final.
     *
     * @param begin the first message of the batch
     * @throws Refused if the batch as a whole is refused, after which it is aborted
     */
    default void commit(KernelSocket socket, ParsedMessage begin) throws Refused {}

    /** Takes the changes of a batch back. */
    default void abort() {}

    /** Releases what a closed socket owned. */
    void closed(KernelSocket socket);

    /** Describes the state, for messages of failures; empty if there is none. */
    List<String> state();

    /** Describes what a test should not leave at its end. */
    List<String> left();
}
