package dev.nfkit.testkit;

import dev.nfkit.trace.Trace;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes transports of recordings: files of link type 253, pcapng or classic pcap, that {@code tcpdump -i nlmon0 -w} or
 * {@link dev.nfkit.trace.RecordingTransport} wrote, on a machine of either byte order. A recording is read once from end to
 * end at the call, so that what is wrong with the file is told there; how long it may be is not limited.
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
     * A strict replay of a file: what the code sends is compared with what was recorded.
     *
     * @param file a recording
     * @return a transport, to be closed, which verifies
     * @throws UncheckedIOException if the file is not there, can't be read, or is no recording
     */
    public static ReplayTransport replay(Path file) {
        return new ReplayTransport(Recording.of(file), true);
    }

    /**
     * A strict replay of a file on the class path: what the code sends is compared with what was recorded.
     *
     * @param resource its name from the root of the class path, such as {@code traces/two-packets.pcapng}; it is looked for
     *     by the thread's context class loader, then by the caller's, then by this module's
     * @return a transport, to be closed, which verifies
     * @throws IllegalArgumentException if there is no such resource, naming where it was looked for
     * @throws UncheckedIOException if it can't be read, or is no recording
     */
    public static ReplayTransport replay(String resource) {
        return new ReplayTransport(resource(resource, caller()), true);
    }

    /**
     * A strict replay of a file that lies beside a class, or on its class path.
     *
     * @param beside whose package the name is relative to, and whose class loader is asked
     * @param resource the file's name in the class's package, or from the root of the class path
     * @return a transport, to be closed, which verifies
     * @throws IllegalArgumentException if there is no such resource, naming where it was looked for
     * @throws UncheckedIOException if it can't be read, or is no recording
     */
    public static ReplayTransport replay(Class<?> beside, String resource) {
        return new ReplayTransport(resource(resource, beside), true);
    }

    /**
     * A strict replay of a recording in memory: what the code sends is compared with what was recorded.
     *
     * @param trace a recording
     * @return a transport, to be closed, which verifies
     */
    public static ReplayTransport replay(Trace trace) {
        return new ReplayTransport(Recording.of(trace), true);
    }

    /**
     * A lenient replay of a file: the code gets what was received, whatever it sends.
     *
     * @param file a recording
     * @return a transport, to be closed, which verifies that everything was received
     * @throws UncheckedIOException if the file is not there, can't be read, or is no recording
     */
    public static ReplayTransport lenient(Path file) {
        return new ReplayTransport(Recording.of(file), false);
    }

    /**
     * A lenient replay of a file on the class path: the code gets what was received, whatever it sends.
     *
     * @param resource its name, as {@link #replay(String)} looks for it
     * @return a transport, to be closed, which verifies that everything was received
     * @throws IllegalArgumentException if there is no such resource, naming where it was looked for
     * @throws UncheckedIOException if it can't be read, or is no recording
     */
    public static ReplayTransport lenient(String resource) {
        return new ReplayTransport(resource(resource, caller()), false);
    }

    /**
     * A lenient replay of a file that lies beside a class, or on its class path.
     *
     * @param beside whose package the name is relative to, and whose class loader is asked
     * @param resource the file's name in the class's package, or from the root of the class path
     * @return a transport, to be closed, which verifies that everything was received
     * @throws IllegalArgumentException if there is no such resource, naming where it was looked for
     * @throws UncheckedIOException if it can't be read, or is no recording
     */
    public static ReplayTransport lenient(Class<?> beside, String resource) {
        return new ReplayTransport(resource(resource, beside), false);
    }

    /**
     * A lenient replay of a recording in memory: the code gets what was received, whatever it sends.
     *
     * @param trace a recording
     * @return a transport, to be closed, which verifies that everything was received
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
                    + "; a file is replayed by its Path, and one in a named module must lie in a package that is open");
        }
        return Recording.of(found, name);
    }

    private static @Nullable URL find(@Nullable ClassLoader loader, String called, String name, Set<String> looked) {
        looked.add(called);
        return loader == null ? ClassLoader.getSystemResource(name) : loader.getResource(name);
    }
}
