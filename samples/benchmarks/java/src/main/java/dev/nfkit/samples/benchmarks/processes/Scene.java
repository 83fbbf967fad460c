// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.processes;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.testkit.live.TestNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * A network namespace with a server, which this process is, and with processes that have no connection. Each of these
 * has 23 descriptors.
 */
final class Scene implements AutoCloseable {
    private static final String IDLE = "for ((i = 10; i < 30; i++)); do eval \"exec $i</dev/null\"; done; echo; read";
    private static final int BACKLOG = 1024;

    final InetAddress address = InetAddress.getLoopbackAddress();
    private final TestNamespace namespace;
    private final ServerSocket server;
    private final List<Socket> accepted = new ArrayList<>();
    private final List<Process> started = new ArrayList<>();

    Scene() throws Exception {
        namespace = TestNamespace.open();
        namespace.rules("table inet track { chain all { type filter hook input priority 0; ct state invalid drop } }");
        server = namespace.call(() -> new ServerSocket(0, BACKLOG, address));
    }

    NetlinkTransport transport() {
        return namespace.transport();
    }

    int port() {
        return server.getLocalPort();
    }

    /** Starts processes that wait for their end, and waits until they do. */
    void idle(int count) throws IOException {
        List<Process> idle = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            idle.add(new ProcessBuilder("bash", "-c", IDLE).start());
        }
        started.addAll(idle);
        for (Process process : idle) {
            int ready = process.getInputStream().read();
            if (ready < 0) {
                throw new IOException("a process ended early");
            }
        }
    }

    /** Starts a shell in the namespace; it ends with the scene. */
    Process shell(String script) throws IOException, InterruptedException {
        Process process = namespace.start(new ProcessBuilder("bash", "-c", script));
        started.add(process);
        return process;
    }

    /** Accepts a connection, which stays open. Returns the tuple with the client as its source. */
    ConntrackTuple accept() throws IOException {
        Socket socket = server.accept();
        synchronized (accepted) {
            accepted.add(socket);
        }
        return ConntrackTuple.tcp(address, socket.getPort(), address, server.getLocalPort());
    }

    /** Closes the connections that were accepted. */
    void closeAccepted() throws IOException {
        synchronized (accepted) {
            for (Socket socket : accepted) {
                socket.close();
            }
            accepted.clear();
        }
    }

    /** Connects a socket of this process. */
    Socket connect() throws Exception {
        return namespace.call(() -> new Socket(address, server.getLocalPort()));
    }

    @Override
    public void close() throws IOException {
        started.forEach(Process::destroyForcibly);
        closeAccepted();
        server.close();
        namespace.close();
    }
}
