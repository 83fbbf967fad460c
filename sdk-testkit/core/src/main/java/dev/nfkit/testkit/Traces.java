// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.testkit.replay.Recording;
import dev.nfkit.trace.Trace;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Creates replays of recordings: files of link type 253, pcapng or classic pcap, written by {@code tcpdump -i nlmon0
 * -w} or {@link dev.nfkit.trace.RecordingTransport}, on a machine of either byte order. A recording is read completely
 * at the call, so that errors in the file are reported there. Its length is not limited.
 *
 * <pre>{@code
 * try (ReplayTransport replay = Traces.replay("traces/two-packets.pcapng");
 *         NflogSession session = NflogSession.open(replay, options)) {
 *     session.run(packet -> firewall.look(packet));
 * }
 * }</pre>
 */
public final class Traces {
    private Traces() {}

    /**
     * Creates a strict replay of a file: what the code sends is compared with what was recorded.
     *
     * @param file a recording
     * @return a transport; closing it verifies the replay
     * @throws UncheckedIOException if the file does not exist, cannot be read, or is not a recording
     */
    public static ReplayTransport replay(Path file) {
        return new ReplayTransport(Recording.of(file), true);
    }

    /**
     * Creates a strict replay of a file on the class path: what the code sends is compared with what was recorded.
     *
     * @param resource its name from the root of the class path, such as {@code traces/two-packets.pcapng}; the thread's
     *     context class loader is searched, then the caller's, then this module's
     * @return a transport; closing it verifies the replay
     * @throws IllegalArgumentException if there is no such resource, with the class loaders that were searched
     * @throws UncheckedIOException if it cannot be read, or is not a recording
     */
    public static ReplayTransport replay(String resource) {
        return new ReplayTransport(resource(resource, caller()), true);
    }

    /**
     * Creates a strict replay of a file in the package of a class, or on its class path.
     *
     * @param beside the class whose package the name is relative to, and whose class loader is searched
     * @param resource the file's name in the class's package, or from the root of the class path
     * @return a transport; closing it verifies the replay
     * @throws IllegalArgumentException if there is no such resource, with the class loaders that were searched
     * @throws UncheckedIOException if it cannot be read, or is not a recording
     */
    public static ReplayTransport replay(Class<?> beside, String resource) {
        return new ReplayTransport(resource(resource, beside), true);
    }

    /**
     * Creates a strict replay of a recording in memory: what the code sends is compared with what was recorded.
     *
     * @param trace a recording
     * @return a transport; closing it verifies the replay
     */
    public static ReplayTransport replay(Trace trace) {
        return new ReplayTransport(Recording.of(trace), true);
    }

    /**
     * Creates a lenient replay of a file: the code receives what was received, whatever it sends.
     *
     * @param file a recording
     * @return a transport; closing it verifies that everything was received
     * @throws UncheckedIOException if the file does not exist, cannot be read, or is not a recording
     */
    public static ReplayTransport lenient(Path file) {
        return new ReplayTransport(Recording.of(file), false);
    }

    /**
     * Creates a lenient replay of a file on the class path: the code receives what was received, whatever it sends.
     *
     * @param resource its name, which is resolved as by {@link #replay(String)}
     * @return a transport; closing it verifies that everything was received
     * @throws IllegalArgumentException if there is no such resource, with the class loaders that were searched
     * @throws UncheckedIOException if it cannot be read, or is not a recording
     */
    public static ReplayTransport lenient(String resource) {
        return new ReplayTransport(resource(resource, caller()), false);
    }

    /**
     * Creates a lenient replay of a file in the package of a class, or on its class path.
     *
     * @param beside the class whose package the name is relative to, and whose class loader is searched
     * @param resource the file's name in the class's package, or from the root of the class path
     * @return a transport; closing it verifies that everything was received
     * @throws IllegalArgumentException if there is no such resource, with the class loaders that were searched
     * @throws UncheckedIOException if it cannot be read, or is not a recording
     */
    public static ReplayTransport lenient(Class<?> beside, String resource) {
        return new ReplayTransport(resource(resource, beside), false);
    }

    /**
     * Creates a lenient replay of a recording in memory: the code receives what was received, whatever it sends.
     *
     * @param trace a recording
     * @return a transport; closing it verifies that everything was received
     */
    public static ReplayTransport lenient(Trace trace) {
        return new ReplayTransport(Recording.of(trace), false);
    }

    private static Class<?> caller() {
        return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
                .walk(frames -> frames.<Class<?>>map(StackWalker.StackFrame::getDeclaringClass)
                        .filter(each -> each != Traces.class)
                        .findFirst())
                .orElse(Traces.class);
    }

    private static Recording resource(String resource, Class<?> beside) {
        Objects.requireNonNull(resource, "resource");
        String name = resource.startsWith("/") ? resource.substring(1) : resource;
        Set<String> looked = new LinkedHashSet<>();
        URL found =
                find(Thread.currentThread().getContextClassLoader(), "the thread's context class loader", name, looked);
        if (found == null) {
            looked.add("beside " + beside.getName());
            found = beside.getResource(resource);
        }
        if (found == null) {
            found = find(beside.getClassLoader(), "the class loader of " + beside.getName(), name, looked);
        }
        if (found == null) {
            found = find(Traces.class.getClassLoader(), "the class loader of the testkit", name, looked);
        }
        if (found == null) {
            throw new IllegalArgumentException("there is no resource " + name + ", by " + String.join(", ", looked)
                    + "; a file is replayed by its Path, and one in a named module must be in a package that is open");
        }
        return Recording.of(found, name);
    }

    private static @Nullable URL find(@Nullable ClassLoader loader, String called, String name, Set<String> looked) {
        looked.add(called);
        return loader == null ? ClassLoader.getSystemResource(name) : loader.getResource(name);
    }
}
