package dev.nfkit.samples.cli;

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
 * nothing is left behind, whatever happens.
 */
final class DemoRoom {
    static final int GROUP = 30;

    /** Longer than making a namespace takes anywhere. */
    private static final Duration BOUND = Duration.ofSeconds(10);

    /** Brings up the loopback, adds the rules, and becomes the command that follows, told which tool made the rules. */
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

    DemoRoom(List<String> way) {
        this.way = way;
    }

    /** What was tried in vain, and why. */
    static final class Forbidden extends Exception {
        private static final long serialVersionUID = 1L;

        Forbidden(String message) {
            super(message);
        }
    }

    /** Finds out how a namespace can be had here, by making one and throwing it away. */
    static DemoRoom find() throws Forbidden {
        String reason = "";
        for (List<String> way : WAYS) {
            DemoRoom room = new DemoRoom(way);
            String failure = room.tryOut(BOUND);
            if (failure == null) {
                return room;
            }
            reason = failure;
        }
        throw new Forbidden(reason);
    }

    /** The way in, for people. */
    String way() {
        return String.join(" ", way);
    }

    /** Why the way does not lead there, or null where it does. */
    @Nullable
    String tryOut(Duration bound) {
        Path said = null;
        try {
            // Not through a pipe: reading that would wait for as long as anybody has it open.
            said = Files.createTempFile("nfkit-", ".out");
            Process process = new ProcessBuilder(command(List.of("true")))
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                return way() + " does not end";
            }
            return process.exitValue() == 0 ? null : lastLine(said);
        } catch (IOException e) {
            return way.get(0) + " is not there";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        } finally {
            delete(said);
        }
    }

    private String lastLine(Path said) throws IOException {
        List<String> lines = new String(Files.readAllBytes(said), TextOutput.CHARSET)
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

    /** A command, to be run in the namespace. */
    List<String> command(List<String> inside) {
        List<String> command = new ArrayList<>(way);
        command.addAll(List.of("sh", "-c", SET_UP, "nfkit-demo"));
        command.addAll(inside);
        return command;
    }
}
