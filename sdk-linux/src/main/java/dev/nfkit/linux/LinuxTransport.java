// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;

/**
 * Netlink on this machine, in one network namespace. It has no descriptor and need not be closed, unlike the sockets it
 * opens. Safe for any number of threads.
 *
 * <p>Making one does not call the system: if this is not Linux, or the namespace is missing or may not be entered,
 * {@link #open} throws, with cause and cure.
 */
public final class LinuxTransport implements NetlinkTransport {
    private static final LinuxTransport CURRENT = new LinuxTransport(new NamespaceEntry.Current());

    private final NamespaceEntry entry;
    private final KernelView kernel;

    private LinuxTransport(NamespaceEntry entry) {
        this.entry = entry;
        this.kernel = new ProcKernelView(entry);
    }

    /**
     * The network namespace of the thread that calls {@link #open}, usually that of the process.
     *
     * @return the transport
     */
    public static LinuxTransport current() {
        return CURRENT;
    }

    /**
     * Another network namespace. A temporary thread enters it for each socket; a socket stays in the namespace in which
     * it was opened.
     *
     * @param namespace the namespace
     * @return the transport
     */
    public static LinuxTransport of(NetworkNamespace namespace) {
        return new LinuxTransport(new NamespaceEntry.Other(namespace));
    }

    static LinuxTransport of(NamespaceEntry entry) {
        return new LinuxTransport(entry);
    }

    /**
     * Opens a socket, bound to a port id that the kernel chooses.
     *
     * @param protocol the netlink protocol, such as {@link dev.nfkit.wire.Netlink#NETLINK_NETFILTER}
     * @return an open socket; the caller closes it
     * @throws dev.nfkit.SystemCallException with ENOENT if there is no such namespace, EPERM if it may not be entered
     *     (which needs {@code CAP_SYS_ADMIN}), ENOSYS if this machine is not 64-bit Linux or JNA cannot be loaded,
     *     EMFILE if too many files are open
     */
    @Override
    public NetlinkSocket open(int protocol) throws NetlinkException {
        Machine.require();
        return entry.call(() -> LinuxNetlinkSocket.open(protocol));
    }

    /**
     * The state of this namespace, apart from its sockets. Each value is read from {@code /proc} when it is requested,
     * and no file stays open.
     *
     * @return the view
     */
    @Override
    public KernelView kernel() {
        return kernel;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    /**
     * A description of the namespace, for logs.
     *
     * @return text such as {@code Linux, network namespace blue}
     */
    @Override
    public String toString() {
        return "Linux, " + entry;
    }
}
