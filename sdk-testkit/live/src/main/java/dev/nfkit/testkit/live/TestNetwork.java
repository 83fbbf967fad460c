// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.live;

import dev.nfkit.NetlinkException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Two network namespaces of one test, connected by a pair of devices (veth(4)), both named {@code eth0}: a client and a
 * server, or a container and its host.
 *
 * <pre>{@code
 * try (TestNetwork network = TestNetwork.open()) {
 *     ServerSocket server = network.server().call(() -> new ServerSocket(8080));
 *     InjectedFaults faults = network.server().inject("tcp dport 8080", f -> f.dropFirst(1));
 *     Socket client = network.client().call(() -> new Socket(network.serverAddress(), 8080));
 * }
 * }</pre>
 *
 * <p>The addresses are those of documentation (RFC 5737, RFC 3849), 192.0.2.1/24 and 2001:db8::1/64 for the client, and .2
 * and ::2 for the server. Safe for any number of threads.
 */
public final class TestNetwork implements AutoCloseable {
    private static final String DEVICE = "eth0";
    private static final int INDEX = 2;

    private final TestNamespace client;
    private final TestNamespace server;

    private TestNetwork(TestNamespace client, TestNamespace server) {
        this.client = client;
        this.server = server;
    }

    /**
     * Makes two namespaces and connects them.
     *
     * @return a network that the caller closes
     * @throws dev.nfkit.SystemCallException with EPERM without {@code CAP_SYS_ADMIN}; EOPNOTSUPP if the kernel has no veth
     * @throws NetlinkException if a system call fails
     */
    public static TestNetwork open() throws NetlinkException {
        TestNamespace client = TestNamespace.open();
        try {
            TestNamespace server = TestNamespace.open();
            try {
                TestNetwork network = new TestNetwork(client, server);
                network.connect();
                return network;
            } catch (Throwable e) {
                server.close();
                throw e;
            }
        } catch (Throwable e) {
            client.close();
            throw e;
        }
    }

    private void connect() throws NetlinkException {
        // The path of a temporary namespace is /proc/PID/task/TID/ns/net.
        long thread = Long.parseLong(server.namespace().path().getName(3).toString());
        Links.connect(client.transport(), DEVICE, INDEX, thread);
        address(client, clientAddress(), clientAddress6());
        address(server, serverAddress(), serverAddress6());
    }

    private static void address(TestNamespace namespace, InetAddress ipv4, InetAddress ipv6) throws NetlinkException {
        Links.enable(namespace.transport(), INDEX);
        Links.address(namespace.transport(), INDEX, ipv4, 24);
        if (Files.exists(Path.of("/proc/sys/net/ipv6"))) {
            Links.address(namespace.transport(), INDEX, ipv6, 64);
        }
    }

    /**
     * The client's namespace.
     *
     * @return the namespace, which is closed with the network
     */
    public TestNamespace client() {
        return client;
    }

    /**
     * The server's namespace.
     *
     * @return the namespace, which is closed with the network
     */
    public TestNamespace server() {
        return server;
    }

    /**
     * The client's IPv4 address.
     *
     * @return 192.0.2.1
     */
    public InetAddress clientAddress() {
        return numeric("192.0.2.1");
    }

    /**
     * The server's IPv4 address.
     *
     * @return 192.0.2.2
     */
    public InetAddress serverAddress() {
        return numeric("192.0.2.2");
    }

    /**
     * The client's IPv6 address; it exists unless the kernel lacks IPv6.
     *
     * @return 2001:db8::1
     */
    public InetAddress clientAddress6() {
        return numeric("2001:db8::1");
    }

    /**
     * The server's IPv6 address; it exists unless the kernel lacks IPv6.
     *
     * @return 2001:db8::2
     */
    public InetAddress serverAddress6() {
        return numeric("2001:db8::2");
    }

    private static InetAddress numeric(String address) {
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(address, e);
        }
    }

    /**
     * Closes both namespaces. Idempotent.
     *
     * @throws IllegalStateException if a session of faults had failed
     */
    @Override
    public void close() {
        new Closing().then(client::close).then(server::close).end();
    }
}
