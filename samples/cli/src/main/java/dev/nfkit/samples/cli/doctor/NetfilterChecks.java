package dev.nfkit.samples.cli.doctor;

import dev.nfkit.AddressFamily;
import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.nfqueue.QueueFeature;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Asks the running kernel what it can do, and how full its tables are. */
final class NetfilterChecks {
    private static final String CONNTRACK = "/proc/sys/net/netfilter/nf_conntrack_";

    private final NetlinkTransport transport;
    private final SystemFiles files;

    NetfilterChecks(NetlinkTransport transport, SystemFiles files) {
        this.transport = transport;
        this.files = files;
    }

    List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        findings.add(opened(
                "nftables",
                "rules can be read and changed",
                () -> Nftables.open(transport).close()));
        findings.add(opened(
                "conntrack",
                "connections can be read and changed",
                () -> Conntrack.open(transport).close()));
        findings.add(features());
        loggers().ifPresent(findings::add);
        connections().ifPresent(findings::add);
        accounting().ifPresent(findings::add);
        return findings;
    }

    private interface Opening {
        void open() throws NetlinkException;
    }

    private static Finding opened(String check, String text, Opening opening) {
        try {
            opening.open();
            return Finding.ok(check, text);
        } catch (NetlinkException e) {
            return Finding.problem(check, String.valueOf(e.getMessage()), "see above: capability and options");
        }
    }

    private Finding features() {
        List<String> has = new ArrayList<>();
        List<String> lacks = new ArrayList<>();
        try {
            for (QueueFeature feature : QueueFeature.values()) {
                (feature.supportedBy(transport) ? has : lacks)
                        .add(feature.name().toLowerCase(Locale.ROOT).replace('_', ' '));
            }
        } catch (NetlinkException e) {
            return Finding.problem("nfqueue", String.valueOf(e.getMessage()), "see above: capability and options");
        }
        String text = "queues support " + String.join(", ", has);
        return lacks.isEmpty()
                ? Finding.ok("nfqueue", text)
                : Finding.warning(
                        "nfqueue",
                        text + "; not " + String.join(", ", lacks),
                        "do without it, or use a kernel that has it");
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
