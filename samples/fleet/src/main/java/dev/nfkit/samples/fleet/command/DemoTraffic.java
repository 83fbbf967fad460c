// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import dev.nfkit.linux.NetworkNamespace;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.ServerSocket;
import java.net.Socket;

/** A server that answers each connection with some bytes, and clients of it. */
public final class DemoTraffic implements AutoCloseable {
    private static final Logger LOG = System.getLogger(DemoTraffic.class.getName());
    private static final int BACKLOG = 512;

    private final ServerSocket server;
    private final int size;

    /**
     * Starts the server.
     *
     * @param namespace its namespace
     * @param port its port
     * @param size the bytes of each answer
     * @throws Exception if it cannot listen
     */
    public DemoTraffic(NetworkNamespace namespace, int port, int size) throws Exception {
        this.size = size;
        server = namespace.call(() -> new ServerSocket(port, BACKLOG));
        Thread thread = new Thread(this::serve, "demo-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve() {
        byte[] answer = new byte[size];
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                socket.getOutputStream().write(answer);
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "a client has gone, or this is the end", e);
            }
        }
    }

    /**
     * Makes connections one after the other, each of which the server closes.
     *
     * @param namespace the client's namespace
     * @param address the server's address
     * @param number of connections
     * @return the client's last port
     * @throws Exception if one fails
     */
    public int connect(NetworkNamespace namespace, String address, int number) throws Exception {
        return namespace.call(() -> {
            int port = 0;
            for (int i = 0; i < number; i++) {
                try (Socket socket = new Socket(address, server.getLocalPort())) {
                    port = socket.getLocalPort();
                    InputStream input = socket.getInputStream();
                    input.readAllBytes();
                }
            }
            return port;
        });
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
