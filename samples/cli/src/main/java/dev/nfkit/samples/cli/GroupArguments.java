package dev.nfkit.samples.cli;

import dev.nfkit.AddressFamily;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.linux.NetworkNamespace;
import dev.nfkit.nflog.NflogGroup;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.socket.NetlinkTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What can be said of the groups, and of where they are. */
final class GroupArguments {
    private static final int DEFAULT_MEBIBYTES = 64;

    @Option(
            names = {"-s", "--snapshot-length"},
            paramLabel = "BYTES",
            defaultValue = "0",
            description = "Copy at most so many bytes of a packet, up to 65531; 0, the default, copies whole packets.")
    private int copyRange;

    @Option(
            names = {"-B", "--buffer-size"},
            paramLabel = "MIB",
            defaultValue = "" + DEFAULT_MEBIBYTES,
            description = "Receive buffer in MiB (${DEFAULT-VALUE}).")
    private int mebibytes;

    @Option(
            names = "--threshold",
            paramLabel = "N",
            description = "Let the kernel gather up to N packets (1024); a rule's own lower value wins.")
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

    @Option(names = "--conntrack", description = "Have each packet's connection sent too, where the kernel can.")
    private boolean conntrack;

    @Option(
            names = "--claim-logger",
            paramLabel = "FAMILY",
            split = ",",
            description =
                    "Claim what the kernel itself logs (to group 0) for ipv4, ipv6, arp, bridge or netdev, and put"
                            + " it back at the end. It changes the whole namespace.")
    private List<String> loggers = List.of();

    @Option(
            names = "--netns",
            paramLabel = "NAME|PATH|PID",
            description = "The network namespace; this process's by default.")
    private @Nullable String namespace;

    NflogOptions options(List<Integer> numbers) throws Failure {
        if (mebibytes < 1 || mebibytes > 1023) {
            throw Failure.usage("-B " + mebibytes + ": 1 to 1023 MiB are possible");
        }
        if (copyRange < 0 || copyRange > 65531) {
            throw Failure.usage("-s " + copyRange + ": copy range is out of 0 to 65531 (0 copies whole packets)");
        }
        if (timeout != null && (timeout < 0 || timeout % 10 != 0)) {
            throw Failure.usage("--timeout " + timeout + ": milliseconds from 0, in steps of 10, are wanted");
        }
        try {
            NflogOptions.Builder options = NflogOptions.builder().receiveBuffer(mebibytes << 20);
            for (int number : numbers) {
                options.group(number, this::configure);
            }
            for (String logger : loggers) {
                options.claimLogger(family(logger));
            }
            return options.build();
        } catch (IllegalArgumentException e) {
            throw Failure.usage(e.getMessage());
        }
    }

    private void configure(NflogGroup.Builder group) {
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

    NetlinkTransport transport() throws Failure {
        if (namespace == null) {
            return LinuxTransport.current();
        }
        try {
            return LinuxTransport.of(named(namespace));
        } catch (IllegalArgumentException e) {
            throw Failure.usage("--netns " + namespace + ": " + e.getMessage());
        }
    }

    private static NetworkNamespace named(String text) {
        if (text.contains("/")) {
            return NetworkNamespace.at(Path.of(text));
        }
        return text.matches("\\d{1,18}")
                ? NetworkNamespace.ofProcess(Long.parseLong(text))
                : NetworkNamespace.named(text);
    }

    /** Says so where the receive buffer that was asked for could not be had. */
    void warnOfSmallBuffer(NflogSession session) {
        if (session.receiveBuffer() < mebibytes << 20) {
            System.err.println("nfkit: the receive buffer is " + session.receiveBuffer() / 1024 + " KiB instead of "
                    + mebibytes + " MiB: net.core.rmem_max caps it here, so that batches are smaller");
        }
    }
}
