// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A second network namespace, at the other end of a veth pair. A {@link TcpSink} runs in it. */
final class Peer implements AutoCloseable {
    static final String DEVICE = "soak0";
    private static final int FIRST_HOST = 2;
    private static final int HOSTS = 4;

    private final String name = "nfkit-soak-" + ProcessHandle.current().pid();
    private final Process sink;

    private Peer(int port) throws IOException {
        Commands.run("ip", "netns", "add", name);
        try {
            Commands.run("ip", "link", "add", DEVICE, "type", "veth", "peer", "name", DEVICE, "netns", name);
            Commands.run("ip", "addr", "add", "10.99.0.1/24", "dev", DEVICE);
            Commands.run("ip", "addr", "add", "fd99::1/64", "dev", DEVICE, "nodad");
            Commands.run("ip", "link", "set", DEVICE, "up");
            for (int host = FIRST_HOST; host < FIRST_HOST + HOSTS; host++) {
                Commands.run("ip", "-n", name, "addr", "add", "10.99.0." + host + "/24", "dev", DEVICE);
                Commands.run("ip", "-n", name, "addr", "add", "fd99::" + host + "/64", "dev", DEVICE, "nodad");
            }
            Commands.run("ip", "-n", name, "link", "set", DEVICE, "up");
            Commands.run("ip", "-n", name, "link", "set", "lo", "up");
            sink = start(port);
        } catch (IOException e) {
            remove();
            throw e;
        }
    }

    static Peer open(int port) throws IOException {
        return new Peer(port);
    }

    /**
     * The addresses that the sink listens on, alternating between IPv4 and IPv6. There are several because the kernel
     * chooses among balanced queues by address only.
     */
    List<InetAddress> addresses() throws IOException {
        List<InetAddress> addresses = new ArrayList<>();
        for (int host = FIRST_HOST; host < FIRST_HOST + HOSTS; host++) {
            byte[] address6 = new byte[16];
            address6[0] = (byte) 0xfd;
            address6[1] = (byte) 0x99;
            address6[15] = (byte) host;
            addresses.add(InetAddress.getByAddress(new byte[] {10, 99, 0, (byte) host}));
            addresses.add(InetAddress.getByAddress(address6));
        }
        return addresses;
    }

    private Process start(int port) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        name,
                        java,
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TcpSink.class.getName(),
                        Integer.toString(port))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (process.getInputStream().read() < 0) {
            throw new IOException("the TCP sink did not start");
        }
        return process;
    }

    private void remove() throws IOException {
        Commands.run("ip", "netns", "del", name);
    }

    @Override
    public void close() throws IOException {
        try {
            sink.destroy();
            Commands.end(sink);
            sink.getInputStream().close();
            sink.getOutputStream().close();
        } finally {
            remove();
        }
    }
}
