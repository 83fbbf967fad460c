// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Runs a short action in a network namespace. */
sealed interface NamespaceEntry {
    /** The action. It must not start a thread, which would inherit the namespace. */
    @FunctionalInterface
    interface Action<T> {
        T run() throws NetlinkException;
    }

    /** Runs the action on a thread in the namespace. {@link Machine#require()} must have succeeded. */
    <T> T call(Action<T> action) throws NetlinkException;

    /** The file of the namespace, as seen from the calling thread. */
    Path path();

    /** The namespace of the calling thread. */
    record Current() implements NamespaceEntry {
        @Override
        public <T> T call(Action<T> action) throws NetlinkException {
            return action.run();
        }

        @Override
        public Path path() {
            return Path.of("/proc/thread-self/ns/net");
        }

        @Override
        public String toString() {
            return "network namespace of this process";
        }
    }

    /** A namespace that a temporary thread enters by setns(2). */
    record Other(NetworkNamespace namespace) implements NamespaceEntry {
        @Override
        public <T> T call(Action<T> action) throws NetlinkException {
            Visit<T> visit = new Visit<>(namespace, action);
            Thread thread = new Thread(null, visit, "nfkit enters " + namespace, 0, false);
            thread.setDaemon(true);
            thread.start();
            return visit.result();
        }

        @Override
        public Path path() {
            return namespace.path();
        }

        @Override
        public String toString() {
            return namespace.toString();
        }
    }

    /** One stay in a namespace. */
    final class Visit<T> implements Runnable {
        private final NetworkNamespace namespace;
        private final Action<T> action;
        private final CountDownLatch done = new CountDownLatch(1);
        private @Nullable T result;
        private @Nullable Throwable failure;

        Visit(NetworkNamespace namespace, Action<T> action) {
            this.namespace = namespace;
            this.action = action;
        }

        @Override
        public void run() {
            try {
                enter(namespace);
                result = action.run();
            } catch (Throwable e) {
                failure = e;
            } finally {
                done.countDown();
            }
        }

        T result() throws NetlinkException {
            CallGate.await(done);
            Throwable cause = failure;
            if (cause instanceof NetlinkException e) {
                throw e;
            }
            if (cause instanceof RuntimeException e) {
                throw e;
            }
            if (cause instanceof Error e) {
                throw e;
            }
            T value = result;
            if (value == null) {
                throw new IllegalStateException("there is no result from " + namespace, cause);
            }
            return value;
        }

        /** Moves the calling thread into a namespace. */
        static void enter(NetworkNamespace namespace) throws NetlinkException {
            Path path = namespace.path();
            int fd = ProcFile.open(path, Abi.O_RDONLY);
            if (fd < 0) {
                throw missing(namespace, path, Machine.errno());
            }
            try {
                if (LibC.setns(fd, Abi.CLONE_NEWNET) < 0) {
                    throw refused(path, Machine.errno());
                }
            } finally {
                LibC.close(fd);
            }
        }

        private static SystemCallException missing(NetworkNamespace namespace, Path path, Errno errno) {
            String cure = null;
            if (errno.equals(Errno.ENOENT)) {
                cure = "there is no " + namespace;
                if (path.startsWith("/run/netns") || path.startsWith("/var/run/netns")) {
                    cure += "; " + existing();
                }
            } else if (errno.equals(Errno.EACCES) || errno.equals(Errno.EPERM)) {
                cure = "inspecting a process's namespaces needs its user id or CAP_SYS_PTRACE";
            }
            return new SystemCallException("open(" + path + ")", errno, cure);
        }

        private static SystemCallException refused(Path path, Errno errno) {
            String cure = null;
            if (errno.equals(Errno.EPERM)) {
                cure = "entering a network namespace needs CAP_SYS_ADMIN in the user namespace that owns it,"
                        + " and in the process's own";
            } else if (errno.equals(Errno.EINVAL)) {
                cure = "the file is no network namespace; under /run/netns it may be a leftover of a deleted one,"
                        + " and `ip netns delete` removes it";
            }
            return new SystemCallException("setns(" + path + ")", errno, cure);
        }

        private static String existing() {
            TreeSet<String> names = new TreeSet<>();
            for (String directory : new String[] {"/run/netns", "/var/run/netns"}) {
                try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of(directory))) {
                    for (Path entry : entries) {
                        names.add(String.valueOf(entry.getFileName()));
                    }
                } catch (IOException | DirectoryIteratorException e) {
                    // If there is no directory, there are no names.
                }
            }
            return names.isEmpty()
                    ? "none has a name (`ip netns add` makes one)"
                    : "those with a name are " + String.join(", ", names);
        }
    }
}
