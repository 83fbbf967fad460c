// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.linux.NetworkNamespace;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Ruleset;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Three hosts as network namespaces: a client, a router that translates its address, and a server.
 *
 * <pre>
 *  client 10.18.1.1 ---- 10.18.1.2 router 203.0.113.7 ---- 203.0.113.80 server
 * </pre>
 */
public final class DemoNetwork implements AutoCloseable {
    /** The server's address. */
    public static final String SERVER = "203.0.113.80";

    /** The client's address after translation. */
    public static final String TRANSLATED = "203.0.113.7";

    /** The client's own address. */
    public static final String CLIENT = "10.18.1.1";

    private static final Map<String, String> SETTINGS = Map.of(
            "netfilter/nf_conntrack_tcp_timeout_time_wait", "1",
            "netfilter/nf_conntrack_tcp_timeout_close", "1",
            "netfilter/nf_conntrack_udp_timeout", "1",
            "ipv4/ip_forward", "1");

    private final String prefix;
    private final List<String> made = new ArrayList<>();

    /**
     * Makes the namespaces.
     *
     * @param prefix the beginning of their names
     * @throws IOException if one cannot be made
     * @throws InterruptedException if the thread is interrupted
     */
    public DemoNetwork(String prefix) throws IOException, InterruptedException {
        this.prefix = prefix;
        boolean complete = false;
        try {
            for (String host : List.of("client", "router", "server")) {
                run("ip netns add " + name(host));
                made.add(name(host));
                run("ip -n " + name(host) + " link set lo up");
            }
            link("client", CLIENT, "router", "10.18.1.2", "inside");
            link("server", SERVER, "router", TRANSLATED, "outside");
            run("ip -n " + name("client") + " route add default via 10.18.1.2");
            for (String host : List.of("client", "router", "server")) {
                set(host);
            }
            try (Nftables router = Nftables.open(transport("router"))) {
                router.commit(new Batch().add(Ruleset.parse("""
                        table ip demo-nat {
                            chain postrouting {
                                type nat hook postrouting priority srcnat;
                                oifname "outside" masquerade
                            }
                        }
                        """)));
            }
            complete = true;
        } finally {
            if (!complete) {
                close();
            }
        }
    }

    private void link(String host, String address, String router, String routerAddress, String device)
            throws IOException, InterruptedException {
        run("ip link add name eth0 netns " + name(host) + " type veth peer name " + device + " netns " + name(router));
        run("ip -n " + name(host) + " address add " + address + "/24 dev eth0");
        run("ip -n " + name(router) + " address add " + routerAddress + "/24 dev " + device);
        run("ip -n " + name(host) + " link set eth0 up");
        run("ip -n " + name(router) + " link set " + device + " up");
    }

    private void set(String host) throws IOException {
        try {
            namespace(host).call(() -> {
                for (Map.Entry<String, String> setting : SETTINGS.entrySet()) {
                    Files.writeString(Path.of("/proc/sys/net", setting.getKey()), setting.getValue());
                }
                return true;
            });
        } catch (Exception e) {
            throw new IOException("configure " + name(host) + ": " + e.getMessage(), e);
        }
    }

    /**
     * The name of a host's namespace.
     *
     * @param host client, router or server
     * @return the name in {@code ip netns}
     */
    public String name(String host) {
        return prefix + "-" + host;
    }

    /**
     * The namespace of a host.
     *
     * @param host client, router or server
     * @return the namespace
     */
    public NetworkNamespace namespace(String host) {
        return NetworkNamespace.named(name(host));
    }

    /**
     * Netlink in the namespace of a host.
     *
     * @param host client, router or server
     * @return the transport
     */
    public LinuxTransport transport(String host) {
        return LinuxTransport.of(namespace(host));
    }

    /**
     * Runs a command.
     *
     * @param command words with a space between them
     * @return what it printed
     * @throws IOException if it fails
     * @throws InterruptedException if the thread is interrupted
     */
    public static String run(String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command.split(" ", -1))
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command + ": " + output.trim());
        }
        return output;
    }

    @Override
    public void close() {
        for (String name : made) {
            try {
                run("ip netns delete " + name);
            } catch (IOException e) {
                System.err.println("nfkit fleet: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        made.clear();
    }
}
