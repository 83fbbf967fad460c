package dev.nfkit.linux;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;

/**
 * Netlink on this machine, in one network namespace. It holds no descriptor and needs no close; the sockets it opens do.
 * Safe for any number of threads.
 *
 * <p>Making one asks nothing of the system: that this is no Linux, that the namespace is missing or may not be entered,
 * comes from {@link #open}, with cause and cure.
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
     * The network namespace of this process: to be exact, of the thread that calls {@link #open}.
     *
     * @return the transport
     */
    public static LinuxTransport current() {
        return CURRENT;
    }

    /**
     * Another network namespace. It is entered for each socket anew, by a thread of its own that ends at once; a socket
     * stays in the namespace in which it was opened.
     *
     * @param namespace which
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
     * @throws dev.nfkit.SystemCallException with ENOENT where there is no such namespace, EPERM where it may not be
     *     entered (it takes {@code CAP_SYS_ADMIN}), ENOSYS where this machine is no 64-bit Linux or JNA can't be
     *     loaded, EMFILE where too many files are open
     */
    @Override
    public NetlinkSocket open(int protocol) throws NetlinkException {
        Machine.require();
        return entry.call(() -> LinuxNetlinkSocket.open(protocol));
    }

    /**
     * What the kernel tells of this namespace besides its sockets. Each answer is read anew from {@code /proc}, and
     * nothing is held open.
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
     * Which namespace, for logs.
     *
     * @return text such as {@code Linux, network namespace blue}
     */
    @Override
    public String toString() {
        return "Linux, " + entry;
    }
}
