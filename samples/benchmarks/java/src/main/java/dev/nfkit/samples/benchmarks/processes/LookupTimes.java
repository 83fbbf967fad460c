// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.processes;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.linux.LinuxProcesses;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessResolver;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;

/** The time of one question, with 50 and 500 other processes. */
public final class LookupTimes {
    private static final int[] OTHERS = {50, 500};
    private static final int CHEAP = 2000;
    private static final int COSTLY = 100;

    private LookupTimes() {}

    /**
     * Prints the median of each kind of question in microseconds.
     *
     * @param arguments none
     * @throws Exception if the namespace cannot be made, or the kernel does not show sockets
     */
    public static void main(String[] arguments) throws Exception {
        try (Scene scene = new Scene()) {
            scene.shell("exec 3<>/dev/tcp/127.0.0.1/" + scene.port() + "; read");
            ConntrackTuple oldest = scene.accept();
            int started = 0;
            measure(scene, oldest, "warm-up");
            for (int others : OTHERS) {
                scene.idle(others - started);
                started = others;
                measure(scene, oldest, others + " other processes");
            }
        }
    }

    /** One question. */
    @FunctionalInterface
    private interface Question {
        /** Asks, and returns the nanoseconds that it took. */
        long ask() throws Exception;
    }

    private static void measure(Scene scene, ConntrackTuple oldest, String title) throws Exception {
        System.out.println(title);
        ConntrackTuple forwarded = ConntrackTuple.tcp(
                InetAddress.getByName("198.51.100.7"), 4000, InetAddress.getByName("203.0.113.9"), 443);
        try (ProcessResolver processes = LinuxProcesses.open(scene.transport());
                Socket own = scene.connect()) {
            scene.accept();
            ConntrackTuple known = tuple(own);
            print("  a socket that was found before", CHEAP, () -> timed(processes, known, true));
            print("  a new socket of a process that had one", CHEAP, () -> fresh(scene, processes));
            print("  a forwarded connection", CHEAP, () -> timed(processes, forwarded, false));
            scene.shell("exec 3<>/dev/tcp/127.0.0.1/" + scene.port() + "; read");
            ConntrackTuple newest = scene.accept();
            print("  the newest process, nothing known", COSTLY, () -> cold(scene, newest));
            print("  the oldest process, nothing known", COSTLY, () -> cold(scene, oldest));
        }
    }

    private static ConntrackTuple tuple(Socket socket) {
        return ConntrackTuple.tcp(
                socket.getLocalAddress(), socket.getLocalPort(), socket.getInetAddress(), socket.getPort());
    }

    private static long fresh(Scene scene, ProcessResolver processes) throws Exception {
        try (Socket socket = scene.connect()) {
            scene.accept();
            long took = timed(processes, tuple(socket), true);
            scene.closeAccepted();
            return took;
        }
    }

    private static long cold(Scene scene, ConntrackTuple tuple) throws Exception {
        try (ProcessResolver processes = LinuxProcesses.open(scene.transport())) {
            return timed(processes, tuple, true);
        }
    }

    private static long timed(ProcessResolver processes, ConntrackTuple tuple, boolean known) {
        long start = System.nanoTime();
        Attribution found = processes.resolve(tuple);
        long took = System.nanoTime() - start;
        if (found.known().isPresent() != known) {
            throw new IllegalStateException(tuple + ": " + found);
        }
        return took;
    }

    private static void print(String title, int count, Question question) throws Exception {
        long[] nanos = new long[count];
        for (int i = 0; i < count; i++) {
            nanos[i] = question.ask();
        }
        Arrays.sort(nanos);
        System.out.println(title + ": " + nanos[count / 2] / 1000 + " us");
    }
}
