// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessInfo;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.process.UnknownReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A resolver whose answers a test sets. Like the one of Linux it answers for the source of a tuple, and if that is not
 * here, for the destination. Safe for any number of threads.
 *
 * <pre>{@code
 * FakeProcesses processes = new FakeProcesses();
 * processes.set(tuple, FakeProcesses.process("curl", 812, 1000));
 * ... the code under test asks for a connection of this tuple ...
 * }</pre>
 */
public final class FakeProcesses implements ProcessResolver {
    private final Map<ConntrackTuple, Attribution> answers = new HashMap<>();
    private final List<ConntrackTuple> asked = new ArrayList<>();
    private Attribution otherwise = Attribution.unknown(UnknownReason.FORWARDED);
    private boolean closed;

    /** Creates a resolver that knows no process. */
    public FakeProcesses() {}

    /**
     * A process for tests.
     *
     * @param name its name; its executable is in {@code /usr/bin}
     * @param pid its process id, from 1
     * @param uid its user id, 0 to 2³²−1
     * @return the process, which started {@code pid} milliseconds after the machine and has no control group
     */
    public static ProcessInfo process(String name, long pid, long uid) {
        return new ProcessInfo(
                pid,
                Duration.ofMillis(pid),
                name,
                Optional.of("/usr/bin/" + name),
                List.of(name),
                uid,
                Optional.empty());
    }

    /**
     * Sets the process at an end of a connection.
     *
     * @param tuple that end as the source, and the other as the destination
     * @param process the process
     * @return this resolver
     */
    public FakeProcesses set(ConntrackTuple tuple, ProcessInfo process) {
        return set(tuple, new Attribution.Known(process));
    }

    /**
     * Sets the answer for an end of a connection.
     *
     * @param tuple that end as the source, and the other as the destination
     * @param answer the answer
     * @return this resolver
     */
    public synchronized FakeProcesses set(ConntrackTuple tuple, Attribution answer) {
        answers.put(tuple, answer);
        return this;
    }

    /**
     * Sets the answer for all tuples without one.
     *
     * @param answer the answer; {@link UnknownReason#FORWARDED} unless set
     * @return this resolver
     */
    public synchronized FakeProcesses otherwise(Attribution answer) {
        otherwise = answer;
        return this;
    }

    /**
     * Returns the tuples that were asked for.
     *
     * @return a copy, in order
     */
    public synchronized List<ConntrackTuple> asked() {
        return List.copyOf(asked);
    }

    /**
     * Returns whether the resolver is closed.
     *
     * @return whether close was called
     */
    public synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public synchronized Attribution resolve(ConntrackTuple tuple) {
        asked.add(tuple);
        if (closed) {
            return Attribution.unknown(UnknownReason.FAILED);
        }
        Attribution source = answers.get(tuple);
        if (source != null) {
            return source;
        }
        return tuple.hasPorts()
                ? answers.getOrDefault(tuple.inverted(), otherwise)
                : Attribution.unknown(UnknownReason.OTHER_PROTOCOL);
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
