// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Accepts TCP connections in another network namespace, reads each to its end, and answers with the number of bytes and
 * their checksum. It ends when its standard input does.
 */
public final class TcpSink {
    private static final int BUFFER = 256 << 10;

    private TcpSink() {}

    /**
     * Runs the sink; prints {@code ready} once it listens.
     *
     * @param args the port
     * @throws Exception if it cannot listen
     */
    public static void main(String[] args) throws Exception {
        try (ServerSocket server = new ServerSocket(Integer.parseInt(args[0]), 64)) {
            Thread accepting = new Thread(() -> accept(server), "accept");
            accepting.setDaemon(true);
            accepting.start();
            System.out.write("ready\n".getBytes(StandardCharsets.US_ASCII));
            System.out.flush();
            while (System.in.read() >= 0) {
                // Errors are not reported here; only the result counts.
            }
        }
    }

    private static void accept(ServerSocket server) {
        while (true) {
            try {
                Socket socket = server.accept();
                Thread thread = new Thread(() -> serve(socket), "serve");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                return; // it is closed
            }
        }
    }

    private static void serve(Socket socket) {
        try (socket) {
            byte[] buffer = new byte[BUFFER];
            CRC32 checksum = new CRC32();
            long bytes = 0;
            InputStream input = socket.getInputStream();
            for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
                checksum.update(buffer, 0, count);
                bytes += count;
            }
            DataOutputStream answer = new DataOutputStream(socket.getOutputStream());
            answer.writeLong(bytes);
            answer.writeLong(checksum.getValue());
            answer.flush();
        } catch (IOException e) {
            System.err.println("a connection failed: " + e.getMessage());
        }
    }
}
