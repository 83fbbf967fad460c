// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import dev.nfkit.AddressFamily;
import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.nfqueue.QueueFeature;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkTransport;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Asks the running kernel what it can do, and how full its tables are. */
final class NetfilterChecks {
    private static final String CONNTRACK = "/proc/sys/net/netfilter/nf_conntrack_";

    private final NetlinkTransport transport;
    private final SystemFiles files;

    NetfilterChecks(NetlinkTransport transport, SystemFiles files) {
        this.transport = transport;
        this.files = files;
    }

    /**
     * Asks the kernel.
     *
     * @param glue whether the kernel's options have connections in packets, so that their lack is not reported yet
     */
    List<Finding> check(boolean glue) {
        List<Finding> findings = new ArrayList<>();
        List<String> denied = new ArrayList<>();
        opened(findings, denied, "nftables", () -> {
            Nftables.open(transport).close();
            return Finding.ok("nftables", "rules can be read and changed");
        });
        opened(findings, denied, "conntrack", () -> {
            Conntrack.open(transport).close();
            return Finding.ok("conntrack", "connections can be read and changed");
        });
        opened(findings, denied, "nfqueue", () -> queues(features(), glue));
        if (!denied.isEmpty()) {
            findings.add(Finding.warning(
                    "netfilter",
                    String.join(", ", denied) + ": not checked, because CAP_NET_ADMIN is missing",
                    "see capability"));
        }
        loggers().ifPresent(findings::add);
        connections().ifPresent(findings::add);
        accounting().ifPresent(findings::add);
        return findings;
    }

    private interface Opening {
        Finding open() throws NetlinkException;
    }

    /** A missing capability is one problem, and already reported: not one of each of these. */
    private void opened(List<Finding> findings, List<String> denied, String check, Opening opening) {
        try {
            findings.add(opening.open());
        } catch (NetlinkException e) {
            if (transport.kernel().netAdmin().denied()) {
                denied.add(check);
            } else {
                findings.add(Finding.problem(
                        check, String.valueOf(e.getMessage()), "see above: capability and options of the kernel"));
            }
        }
    }

    private Set<QueueFeature> features() throws NetlinkException {
        Set<QueueFeature> supported = EnumSet.noneOf(QueueFeature.class);
        for (QueueFeature feature : QueueFeature.values()) {
            if (feature.supportedBy(transport)) {
                supported.add(feature);
            }
        }
        return supported;
    }

    static Finding queues(Set<QueueFeature> supported, boolean glue) {
        Set<QueueFeature> lacks = EnumSet.allOf(QueueFeature.class);
        lacks.removeAll(supported);
        if (!glue) {
            lacks.remove(QueueFeature.CONNTRACK);
        }
        String text = "queues support " + names(supported);
        return lacks.isEmpty()
                ? Finding.ok("nfqueue", text)
                : Finding.warning(
                        "nfqueue", text + "; not " + names(lacks), "do without it, or use a kernel that has it");
    }

    private static String names(Set<QueueFeature> features) {
        return features.stream()
                .map(feature -> feature.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .collect(Collectors.joining(", "));
    }

    /** Where the logs of the kernel itself go; empty if that cannot be read. */
    private Optional<Finding> loggers() {
        List<String> loggers = new ArrayList<>();
        KernelView kernel = transport.kernel();
        for (AddressFamily family : List.of(AddressFamily.IPV4, AddressFamily.IPV6)) {
            try {
                loggers.add(family + " " + kernel.logger(family));
            } catch (NetlinkException e) {
                return Optional.empty();
            }
        }
        return Optional.of(Finding.ok("loggers", "what the kernel itself logs goes to: " + String.join(", ", loggers)));
    }

    private Optional<Finding> connections() {
        Optional<Long> count = number("count");
        Optional<Long> most = number("max");
        if (count.isEmpty() || most.isEmpty()) {
            return Optional.empty();
        }
        String text = count.get() + " of at most " + most.get() + " connections";
        boolean nearlyFull = most.get() > 0 && count.get() >= most.get() - most.get() / 10;
        return Optional.of(
                nearlyFull
                        ? Finding.warning(
                                "connections",
                                text + ": packets of further connections are dropped",
                                "sysctl -w net.netfilter.nf_conntrack_max=" + 2 * most.get())
                        : Finding.ok("connections", text));
    }

    private Optional<Finding> accounting() {
        return number("acct")
                .map(on -> on != 0
                        ? Finding.ok("accounting", "connections count packets and bytes")
                        : Finding.warning(
                                "accounting",
                                "connections do not count packets and bytes, which top needs",
                                "sysctl -w net.netfilter.nf_conntrack_acct=1"));
    }

    private Optional<Long> number(String name) {
        return files.text(CONNTRACK + name)
                .map(String::strip)
                .filter(text -> text.matches("\\d{1,18}"))
                .map(Long::valueOf);
    }
}
