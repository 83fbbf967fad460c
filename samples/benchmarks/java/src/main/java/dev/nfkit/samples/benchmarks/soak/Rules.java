// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules of a scenario, for both IPv4 and IPv6, in the network namespace of this process. Their counters give the
 * number of packets that the kernel had, independently of nfkit. {@link #close} removes all rules.
 */
public final class Rules implements AutoCloseable {
    private static final List<String> TOOLS = List.of("iptables", "ip6tables");

    /**
     * Removes the rules that exist.
     *
     * @throws IOException if a tool fails
     */
    public Rules() throws IOException {
        flush();
    }

    private static void flush() throws IOException {
        for (String tool : TOOLS) {
            Commands.run(tool, "-w", "-F");
        }
    }

    /**
     * Appends a rule to a chain of both families.
     *
     * @param rule the chain and the rule, such as {@code OUTPUT -p udp -j ACCEPT}; {@code %d} stands for 0 in IPv4's rule
     *     and for 1 in IPv6's
     * @throws IOException if a tool fails
     */
    public void append(String rule) throws IOException {
        for (int family = 0; family < TOOLS.size(); family++) {
            List<String> command = new ArrayList<>(List.of(TOOLS.get(family), "-w", "-A"));
            command.addAll(List.of(rule.replace("%d", Integer.toString(family)).split(" ", -1)));
            Commands.run(command.toArray(String[]::new));
        }
    }

    /**
     * Returns the number of packets of both families that have matched a rule.
     *
     * @param chain the chain
     * @param number the position of the rule in the chain, from 1
     * @return a count
     * @throws IOException if a tool fails
     */
    public long packets(String chain, int number) throws IOException {
        long sum = 0;
        for (String tool : TOOLS) {
            String[] lines = Commands.run(tool, "-w", "-nvxL", chain).split("\n", -1);
            sum += Long.parseLong(lines[number + 1].strip().split("\\s+", -1)[0]);
        }
        return sum;
    }

    @Override
    public void close() throws IOException {
        flush();
    }
}
