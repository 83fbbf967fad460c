package dev.nfkit.samples.benchmarks;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.linux.NetworkNamespace;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A network namespace of its own, in which a rule hands over every UDP packet: a JVM that has met the real kernel has
 * little left to compile when it is measured. Needs root, iproute2, iptables, util-linux and
 * bash.
 */
public final class PracticeRoom implements AutoCloseable {
    private final String name = "nfkit-practice-" + ProcessHandle.current().pid();

    private PracticeRoom() {}

    /**
     * Makes the room.
     *
     * @param target the rule's target, as iptables takes it
     * @return the room, to be closed
     * @throws IOException if a command fails; its text is that of the command
     */
    public static PracticeRoom open(String... target) throws IOException {
        PracticeRoom room = new PracticeRoom();
        run("ip", "netns", "add", room.name);
        try {
            run("ip", "-n", room.name, "link", "set", "lo", "up");
            room.rule("INPUT", "DROP"); // or each is answered by an ICMP error
            room.rule("OUTPUT", target);
        } catch (IOException e) {
            room.close();
            throw e;
        }
        return room;
    }

    /**
     * The room's kernel.
     *
     * @return a transport into it
     */
    public NetlinkTransport transport() {
        return LinuxTransport.of(NetworkNamespace.named(name));
    }

    /**
     * Begins to send packets in the room, in bursts as large as a sender's buffer and singly.
     *
     * @param seconds for how long
     * @return the sender, which ends by itself
     * @throws IOException if it can't be started
     */
    public Process send(int seconds) throws IOException {
        String text = "exec 3>/dev/udp/127.0.0.1/9; end=$((SECONDS + " + seconds + "));"
                + " while [ $SECONDS -lt $end ]; do echo 'a payload of some forty bytes, more or less' >&3; done";
        // On any processor: a harness pins this process to one.
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
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + said.strip());
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
