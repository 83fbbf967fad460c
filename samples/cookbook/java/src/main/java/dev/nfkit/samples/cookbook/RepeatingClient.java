// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.util.Arrays;

/** A client of a service over UDP, which repeats a query until it has an answer. */
public final class RepeatingClient implements AutoCloseable {
    private final DatagramSocket socket = new DatagramSocket();
    private final InetAddress server;
    private final int port;

    public RepeatingClient(InetAddress server, int port) throws IOException {
        this.server = server;
        this.port = port;
        socket.setSoTimeout(500);
    }

    /** Returns the answer to a query; asks ten times at most. */
    public byte[] ask(byte[] query) throws IOException {
        for (int attempt = 1; ; attempt++) {
            socket.send(new DatagramPacket(query, query.length, server, port));
            try {
                DatagramPacket answer = new DatagramPacket(new byte[512], 512);
                socket.receive(answer);
                return Arrays.copyOf(answer.getData(), answer.getLength());
            } catch (SocketTimeoutException e) {
                if (attempt == 10) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
