// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.capture;

import dev.nfkit.AddressFamily;
import dev.nfkit.nflog.NflogGroup;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.samples.cli.arguments.OptionNames;
import dev.nfkit.samples.cli.arguments.SessionArguments;
import dev.nfkit.samples.cli.run.Failure;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of NFLOG groups. */
final class GroupArguments {
    private static final int DEFAULT_BUFFER = 64 << 20;

    @Option(
            names = "--threshold",
            paramLabel = "N",
            description = "Let the kernel gather up to N packets (1024); a lower value of a rule takes precedence.")
    private @Nullable Integer threshold;

    @Option(
            names = "--timeout",
            paramLabel = "MS",
            description = "Let the kernel hold packets no longer than MS milliseconds, in steps of 10 (100).")
    private @Nullable Integer timeout;

    @Option(
            names = "--nlbufsiz",
            paramLabel = "BYTES",
            description = "The kernel's buffer for a batch, 3776 to 131072.")
    private @Nullable Integer nlbufsiz;

    @Option(names = "--seq-global", description = "Number packets across all groups too.")
    private boolean sequenceGlobal;

    @Option(
            names = "--claim-logger",
            paramLabel = "FAMILY",
            split = ",",
            description = "Claim the kernel's own log messages (to group 0) for ipv4, ipv6, arp, bridge or netdev, and"
                    + " restore the logger at the end. This affects the whole namespace.")
    private List<String> loggers = List.of();

    NflogOptions options(List<Integer> numbers, SessionArguments session, Optional<PacketRule> rule) throws Failure {
        int copyRange = session.copyRange();
        if (timeout != null && (timeout < 0 || timeout % 10 != 0)) {
            throw Failure.usage("--timeout " + timeout + ": expected milliseconds from 0, in steps of 10");
        }
        try {
            NflogOptions.Builder options = NflogOptions.builder().receiveBuffer(receiveBuffer(session));
            for (int number : numbers) {
                options.group(number, group -> configure(group, copyRange, session.conntrack()));
            }
            for (String logger : loggers) {
                options.claimLogger(family(logger));
            }
            rule.ifPresent(options::rule);
            return options.build();
        } catch (IllegalArgumentException e) {
            throw Failure.usage(OptionNames.in(e.getMessage(), "-B"), e);
        }
    }

    /** In bytes. */
    int receiveBuffer(SessionArguments session) throws Failure {
        return session.receiveBuffer().orElse(DEFAULT_BUFFER);
    }

    private void configure(NflogGroup.Builder group, int copyRange, boolean conntrack) {
        group.copyRange(copyRange).sequenceGlobal(sequenceGlobal).conntrack(conntrack);
        if (threshold != null) {
            group.threshold(threshold);
        }
        if (timeout != null) {
            group.timeout(Duration.ofMillis(timeout));
        }
        if (nlbufsiz != null) {
            group.bufferSize(nlbufsiz);
        }
    }

    private static AddressFamily family(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "ipv4", "ip" -> AddressFamily.IPV4;
            case "ipv6", "ip6" -> AddressFamily.IPV6;
            case "arp" -> AddressFamily.ARP;
            case "bridge" -> AddressFamily.BRIDGE;
            case "netdev" -> AddressFamily.NETDEV;
            default ->
                throw new IllegalArgumentException(
                        "--claim-logger " + name + ": give ipv4, ipv6, arp, bridge or netdev");
        };
    }
}
