// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.demo;

import dev.nfkit.samples.cli.output.TextOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace for the demo, with rules in it that log. It has no name and ends with its last process, so that
 * nothing remains, whatever happens.
 */
final class DemoNamespace {
    static final int GROUP = 30;

    /** Longer than making a namespace takes on any machine. */
    private static final Duration BOUND = Duration.ofSeconds(10);

    /**
     * Enables the loopback and adds the rules. Then becomes the command that follows, with the tool that made the rules
     * as an argument.
     */
    private static final String SET_UP = """
            PATH="$PATH:/usr/sbin:/sbin"; export PATH
            ip link set lo up || exit 1
            with_iptables() {
                command -v iptables >/dev/null && command -v ip6tables >/dev/null || return 1
                for tool in iptables:icmp ip6tables:ipv6-icmp; do
                    "${tool%%:*}" -A INPUT -p "${tool#*:}" -j NFLOG --nflog-group 30 --nflog-prefix 'ping ' &&
                    "${tool%%:*}" -A INPUT -p tcp -j NFLOG --nflog-group 30 --nflog-prefix 'web ' &&
                    "${tool%%:*}" -A OUTPUT -p udp -j NFLOG --nflog-group 30 --nflog-prefix 'query ' || return 1
                done
            }
            with_nft() {
                command -v nft >/dev/null || { echo 'neither iptables nor nft works here' >&2; return 1; }
                nft 'table inet nfkit_demo {
                    chain in { type filter hook input priority 0;
                        meta l4proto { icmp, ipv6-icmp } log prefix "ping " group 30
                        meta l4proto tcp log prefix "web " group 30 }
                    chain out { type filter hook output priority 0;
                        meta l4proto udp log prefix "query " group 30 } }'
            }
            if with_iptables; then tool=iptables; elif with_nft; then tool=nft; else exit 1; fi
            exec "$@" --rules "$tool"
            """;

    private static final List<List<String>> WAYS =
            List.of(List.of("unshare", "-n"), List.of("unshare", "-Ur", "unshare", "-n"));

    private final List<String> way;

    DemoNamespace(List<String> way) {
        this.way = way;
    }

    /** Thrown if no namespace can be made, with the reason. */
    static final class Forbidden extends Exception {
        private static final long serialVersionUID = 1L;

        Forbidden(String message) {
            super(message);
        }
    }

    /** Finds a command that can make a namespace here, by making one and discarding it. */
    static DemoNamespace find() throws Forbidden {
        String reason = "";
        for (List<String> way : WAYS) {
            DemoNamespace namespace = new DemoNamespace(way);
            String failure = namespace.tryOut(BOUND);
            if (failure == null) {
                return namespace;
            }
            reason = failure;
        }
        throw new Forbidden(reason);
    }

    /** The command that makes the namespace, for display. */
    String way() {
        return String.join(" ", way);
    }

    /** Tries the command. Returns why it does not work, or null if it does. */
    @Nullable
    String tryOut(Duration bound) {
        Path output = null;
        try {
            // Not through a pipe: reading it would block for as long as any process has it open.
            output = Files.createTempFile("nfkit-", ".out");
            Process process = new ProcessBuilder(command(List.of("true")))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                return way() + " does not end";
            }
            return process.exitValue() == 0 ? null : lastLine(output);
        } catch (IOException e) {
            return way.get(0) + " was not found";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        } finally {
            delete(output);
        }
    }

    private String lastLine(Path output) throws IOException {
        List<String> lines = new String(Files.readAllBytes(output), TextOutput.CHARSET)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        return lines.isEmpty() ? way() + " fails" : lines.get(lines.size() - 1);
    }

    private static void delete(@Nullable Path file) {
        if (file != null) {
            file.toFile().delete();
        }
    }

    /** A command that runs another one in the namespace. */
    List<String> command(List<String> inside) {
        List<String> command = new ArrayList<>(way);
        command.addAll(List.of("sh", "-c", SET_UP, "nfkit-demo"));
        command.addAll(inside);
        return command;
    }
}
