// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Identifies a network namespace (network_namespaces(7)): by its name in {@code ip netns}, by a path, or by a process
 * in it. It is only an identifier: nothing is opened, and the namespace need not exist. A {@link TemporaryNamespace} makes
 * one. Safe for any number of threads.
 */
public final class NetworkNamespace {
    private static final Path RUN = Path.of("/run/netns");
    private static final Path VAR_RUN = Path.of("/var/run/netns");

    private final String text;
    private final @Nullable String name;
    private final @Nullable Path path;

    private NetworkNamespace(String text, @Nullable String name, @Nullable Path path) {
        this.text = text;
        this.name = name;
        this.path = path;
    }

    /**
     * A namespace by its name, as {@code ip netns add} makes it: {@code /run/netns/name}, or otherwise {@code
     * /var/run/netns/name}.
     *
     * @param name the name
     * @return the namespace
     * @throws IllegalArgumentException if the name is empty or not a file name
     */
    public static NetworkNamespace named(String name) {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0 || name.indexOf(0) >= 0) {
            throw new IllegalArgumentException(
                    "network namespace \"" + name + "\": the name must not contain slashes; use at() for a path");
        }
        return new NetworkNamespace("network namespace " + name, name, null);
    }

    /**
     * A namespace by a file, such as {@code /proc/4711/ns/net} or a bind mount of it.
     *
     * @param path the file
     * @return the namespace
     */
    public static NetworkNamespace at(Path path) {
        return new NetworkNamespace("network namespace " + path, null, path);
    }

    /**
     * The namespace of a process: {@code /proc/pid/ns/net}.
     *
     * @param pid the process id, from 1
     * @return the namespace
     * @throws IllegalArgumentException if the process id is not positive
     */
    public static NetworkNamespace ofProcess(long pid) {
        if (pid < 1) {
            throw new IllegalArgumentException("process id " + pid + " is not positive");
        }
        return new NetworkNamespace("network namespace of process " + pid, null, Path.of("/proc/" + pid + "/ns/net"));
    }

    /**
     * The file through which it is entered, at this moment.
     *
     * @return a path, whether it exists or not
     */
    public Path path() {
        if (path != null) {
            return path;
        }
        Path usual = RUN.resolve(String.valueOf(name));
        Path older = VAR_RUN.resolve(String.valueOf(name));
        return !Files.exists(usual) && Files.exists(older) ? older : usual;
    }

    /**
     * Carries out an action on a temporary thread in the namespace. A socket that the action opens, or a process that it
     * starts, is in the namespace, and stays there. The calling thread waits, and stays outside.
     *
     * <pre>{@code
     * ServerSocket server = NetworkNamespace.named("blue").call(() -> new ServerSocket(8080));
     * }</pre>
     *
     * <p>A thread that the action starts is in the namespace, too, and one of a pool stays there. If the caller is
     * interrupted, the temporary thread is interrupted, and the call does not wait for it.
     *
     * @param action the action
     * @return its result
     * @param <T> the type of the result
     * @throws dev.nfkit.SystemCallException with ENOENT if there is no such namespace, EPERM if it may not be entered (which
     *     needs {@code CAP_SYS_ADMIN}), ENOSYS if this machine is not 64-bit Linux or JNA cannot be loaded
     * @throws InterruptedException if the calling thread is interrupted
     * @throws Exception as the action throws
     */
    public <T extends @Nullable Object> T call(Callable<T> action) throws Exception {
        Machine.require();
        FutureTask<T> visit = new FutureTask<>(() -> {
            NamespaceEntry.Visit.enter(this);
            return action.call();
        });
        Thread thread = new Thread(null, visit, "nfkit enters " + text, 0, false);
        thread.setDaemon(true);
        thread.start();
        try {
            return visit.get();
        } catch (InterruptedException e) {
            visit.cancel(true);
            throw e;
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof Exception exception) {
                throw exception;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    /**
     * Whether another object identifies the same namespace in the same way.
     *
     * @param other the other
     * @return whether both are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NetworkNamespace that
                && Objects.equals(name, that.name)
                && Objects.equals(path, that.path);
    }

    /**
     * A hash of the identifier.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return Objects.hash(name, path);
    }

    /**
     * A description of the namespace.
     *
     * @return text such as {@code network namespace blue}
     */
    @Override
    public String toString() {
        return text;
    }
}
