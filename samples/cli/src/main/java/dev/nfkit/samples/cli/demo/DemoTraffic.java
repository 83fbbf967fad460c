// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Some traffic over the loopback, by IPv4 and IPv6: pings, a query by UDP, a page by TCP. Needs no tools. */
final class DemoTraffic implements Runnable {
    private static final int TIMEOUT_MILLIS = 2000;
    private static final byte[] QUERY = "who is there?".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REQUEST = "GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ANSWER = "HTTP/1.0 200 OK\r\n\r\nhello\n".getBytes(StandardCharsets.US_ASCII);

    private final Runnable afterwards;
    private volatile @Nullable IOException failure;

    /** Creates traffic that runs an action when it has ended, even if it fails. */
    DemoTraffic(Runnable afterwards) {
        this.afterwards = afterwards;
    }

    @Override
    public void run() {
        try {
            for (String address : new String[] {"127.0.0.1", "::1"}) {
                InetAddress loopback = InetAddress.getByName(address);
                loopback.isReachable(TIMEOUT_MILLIS);
                query(loopback);
                page(loopback);
            }
        } catch (IOException e) {
            failure = e;
        } finally {
            afterwards.run();
        }
    }

    /** The failure, or null. */
    @Nullable
    IOException failure() {
        return failure;
    }

    private static void query(InetAddress address) throws IOException {
        try (DatagramSocket server = new DatagramSocket(0, address);
                DatagramSocket client = new DatagramSocket(0, address)) {
            server.setSoTimeout(TIMEOUT_MILLIS);
            client.setSoTimeout(TIMEOUT_MILLIS);
            client.send(new DatagramPacket(QUERY, QUERY.length, address, server.getLocalPort()));
            DatagramPacket packet = new DatagramPacket(new byte[64], 64);
            server.receive(packet);
            server.send(new DatagramPacket(QUERY, QUERY.length, packet.getSocketAddress()));
            client.receive(packet);
        }
    }

    private static void page(InetAddress address) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, address);
                Socket client = new Socket(address, server.getLocalPort());
                Socket accepted = server.accept()) {
            client.setSoTimeout(TIMEOUT_MILLIS);
            accepted.setSoTimeout(TIMEOUT_MILLIS);
            client.getOutputStream().write(REQUEST);
            accepted.getInputStream().readNBytes(REQUEST.length);
            accepted.getOutputStream().write(ANSWER);
            InputStream page = client.getInputStream();
            page.readNBytes(ANSWER.length);
        }
    }
}
