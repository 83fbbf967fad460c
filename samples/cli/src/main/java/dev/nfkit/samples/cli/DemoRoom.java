package dev.nfkit.samples.cli;

import java.io.IOException;
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

    private DemoRoom(List<String> way) {
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
            String failure = room.tryOut();
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

    private @Nullable String tryOut() {
        try {
            Process process = new ProcessBuilder(command(List.of("true")))
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            List<String> said = new String(process.getInputStream().readAllBytes(), TextOutput.CHARSET)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .toList();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return way() + " does not end";
            }
            if (process.exitValue() == 0) {
                return null;
            }
            return said.isEmpty() ? way() + " fails" : said.get(said.size() - 1);
        } catch (IOException e) {
            return way.get(0) + " is not there";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
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
