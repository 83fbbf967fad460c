// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A new network namespace without a name. It exists until this is closed and no socket or process is left in it; it does
 * not outlive this process, even if that is killed.
 *
 * <pre>{@code
 * try (TemporaryNamespace made = TemporaryNamespace.create()) {
 *     LinuxTransport transport = LinuxTransport.of(made.namespace());
 *     ServerSocket server = made.namespace().call(() -> new ServerSocket(8080));
 * }
 * }</pre>
 *
 * <p>It has nothing but a loopback device, which is down. Safe for any number of threads.
 */
public final class TemporaryNamespace implements AutoCloseable {
    private static final Path THREAD = Path.of("/proc/thread-self");

    private final CountDownLatch made = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread holder;
    private @Nullable NetworkNamespace namespace;
    private @Nullable SystemCallException failure;

    private TemporaryNamespace() {
        // The thread is what holds the namespace: a descriptor's number would soon be that of another file.
        holder = new Thread(null, this::hold, "nfkit holds a network namespace", 0, false);
        holder.setDaemon(true);
        holder.start();
        CallGate.await(made);
    }

    /**
     * Makes a namespace.
     *
     * @return a namespace that the caller closes
     * @throws SystemCallException with EPERM without {@code CAP_SYS_ADMIN}, ENOSPC if there are too many namespaces, EINVAL
     *     if the kernel has none, ENOSYS if this machine is not 64-bit Linux or JNA cannot be loaded
     */
    public static TemporaryNamespace create() throws NetlinkException {
        Machine.require();
        TemporaryNamespace created = new TemporaryNamespace();
        if (created.failure != null) {
            throw created.failure;
        }
        return created;
    }

    private void hold() {
        try {
            if (LibC.unshare(Abi.CLONE_NEWNET) < 0) {
                Errno errno = Machine.errno();
                failure = new SystemCallException("unshare(CLONE_NEWNET)", errno, cure(errno));
                return;
            }
            // PID/task/TID, as this mount of /proc numbers them
            Path self = Files.readSymbolicLink(THREAD);
            namespace = NetworkNamespace.at(Path.of("/proc").resolve(self).resolve("ns/net"));
        } catch (IOException e) {
            failure = new SystemCallException("readlink(" + THREAD + ")", Errno.EIO, e.toString());
        } finally {
            made.countDown();
        }
        if (failure == null) {
            CallGate.await(closed);
        }
    }

    private static @Nullable String cure(Errno errno) {
        if (errno.equals(Errno.EPERM)) {
            return "making a network namespace needs CAP_SYS_ADMIN: root has it, and so has the process in a user namespace "
                    + "(unshare -Ur) or in a container with --cap-add SYS_ADMIN";
        }
        if (errno.equals(Errno.ENOSPC)) {
            return "there are as many as user.max_net_namespaces permits";
        }
        return errno.equals(Errno.EINVAL) ? "the kernel has no network namespaces (CONFIG_NET_NS)" : null;
    }

    /**
     * The namespace. After this is closed it does not exist, unless a socket or process is left in it.
     *
     * @return its identifier, with a path that other processes can enter, too
     */
    public NetworkNamespace namespace() {
        NetworkNamespace found = namespace;
        if (found == null) {
            throw new IllegalStateException("the namespace was not made");
        }
        return found;
    }

    /** Releases the namespace. Its end does not depend on this thread: it may take the kernel some milliseconds. Idempotent. */
    @Override
    public void close() {
        closed.countDown();
        boolean interrupted = false;
        while (holder.isAlive()) {
            try {
                holder.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * A description of the namespace.
     *
     * @return text with its path
     */
    @Override
    public String toString() {
        return String.valueOf(namespace);
    }
}
