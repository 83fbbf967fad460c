// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.linux.NetworkNamespace;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * A network namespace with a rule that applies to every UDP packet. A JVM that has run on the real kernel has little
 * left to compile when it is measured. Needs root, iproute2, iptables, util-linux and bash.
 */
public final class PracticeNamespace implements AutoCloseable {
    private final String name = "nfkit-practice-" + ProcessHandle.current().pid();

    private PracticeNamespace() {}

    /**
     * Creates the namespace.
     *
     * @param target the target of the rule, in the syntax of iptables
     * @return the namespace; close it to delete it
     * @throws IOException if a command fails; the message contains its output
     */
    public static PracticeNamespace open(String... target) throws IOException {
        PracticeNamespace namespace = new PracticeNamespace();
        run("ip", "netns", "add", namespace.name);
        try {
            run("ip", "-n", namespace.name, "link", "set", "lo", "up");
            namespace.rule("INPUT", "DROP"); // otherwise the kernel answers each packet with an ICMP error
            namespace.rule("OUTPUT", target);
        } catch (IOException e) {
            namespace.close();
            throw e;
        }
        return namespace;
    }

    /**
     * Returns a transport into the namespace.
     *
     * @return the transport
     */
    public NetlinkTransport transport() {
        return LinuxTransport.of(NetworkNamespace.named(name));
    }

    /**
     * Executes an action in the namespace, such as opening a socket.
     *
     * @param action the action, which the calling thread executes
     * @param <T> the type of its result
     * @return its result
     * @throws Exception if the namespace cannot be entered, or as the action throws
     */
    public <T> T call(Callable<T> action) throws Exception {
        return NetworkNamespace.named(name).call(action);
    }

    /**
     * Starts sending packets in the namespace, in bursts as large as the send buffer and singly.
     *
     * @param seconds how long to send, in seconds
     * @return the sender, which ends on its own
     * @throws IOException if it can't be started
     */
    public Process send(int seconds) throws IOException {
        String text = "exec 3>/dev/udp/127.0.0.1/9; end=$((SECONDS + " + seconds + "));"
                + " while [ $SECONDS -lt $end ]; do echo 'a payload of some forty bytes, more or less' >&3; done";
        // On any processor: a harness pins this process to one of them.
        return new ProcessBuilder("taskset", "-c", "0-1023", "ip", "netns", "exec", name, "bash", "-c", text)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void rule(String chain, String... target) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", name, "iptables"));
        command.addAll(List.of("-A", chain, "-p", "udp", "-j"));
        command.addAll(List.of(target));
        run(command.toArray(String[]::new));
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(String.join(" ", command) + " was interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        run("ip", "netns", "delete", name);
    }
}
