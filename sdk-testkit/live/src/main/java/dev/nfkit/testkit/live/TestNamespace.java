// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.live;

import dev.nfkit.NetlinkException;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.linux.NetworkNamespace;
import dev.nfkit.linux.TemporaryNamespace;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.TableId;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace of one test on the running kernel, with an enabled loopback. It has rules, sockets, processes and
 * faults of its own; the machine's are not touched.
 *
 * <pre>{@code
 * try (TestNamespace namespace = TestNamespace.open()) {
 *     namespace.rules("table inet t { chain in { type filter hook input priority filter; udp dport 53 queue to 0; }; }");
 *     NfqueueSession session = NfqueueSession.open(namespace.transport(), options);
 *     DatagramSocket client = namespace.call(() -> new DatagramSocket());
 * }
 * }</pre>
 *
 * <p>In JUnit, {@code @Netns} makes a parameter of it; in Kotest, {@code testNamespace()} returns it. Both close it after
 * the test.
 *
 * <p>It needs {@code CAP_SYS_ADMIN}, as root has it; a build of an ordinary user gets it from {@code unshare -Ur}. It needs no
 * other program. It has no name and does not outlive the process, even if that is killed. Safe for any number of threads.
 */
public final class TestNamespace implements AutoCloseable {
    /** The index of the loopback device in each namespace. */
    static final int LOOPBACK = 1;

    /** Faults count their queues down from here, away from those of a test. */
    private static final int LAST_QUEUE = 65535;

    private final TemporaryNamespace made;
    private final LinuxTransport transport;
    private final InnerProcesses processes;
    private final Deque<InjectedFaults> faults = new ArrayDeque<>();
    private @Nullable Nftables nftables;
    private int queue = LAST_QUEUE;
    private int tables;
    private boolean closed;

    private TestNamespace(TemporaryNamespace made) throws NetlinkException {
        this.made = made;
        transport = LinuxTransport.of(made.namespace());
        processes = new InnerProcesses(made.namespace());
        Links.enable(transport, LOOPBACK);
    }

    /**
     * Makes a namespace and enables its loopback, 127.0.0.1 and ::1.
     *
     * @return a namespace that the caller closes
     * @throws dev.nfkit.SystemCallException with EPERM without {@code CAP_SYS_ADMIN}; see {@link TemporaryNamespace#create()}
     * @throws NetlinkException if a system call fails
     */
    public static TestNamespace open() throws NetlinkException {
        TemporaryNamespace made = TemporaryNamespace.create();
        try {
            return new TestNamespace(made);
        } catch (Throwable e) {
            made.close();
            throw e;
        }
    }

    /**
     * Why a test with a namespace is to be skipped on this machine. If the system property {@code nfkit.live} is {@code
     * required}, none is, so that the test fails with the reason.
     *
     * @return the reason, or empty if the test is to be run
     */
    public static Optional<String> skipReason() {
        return Permission.REASON.filter(reason -> !"required".equals(System.getProperty("nfkit.live")));
    }

    /** Found out once. */
    private static final class Permission {
        static final Optional<String> REASON = reason();

        private static Optional<String> reason() {
            try {
                TestNamespace.open().close();
                return Optional.empty();
            } catch (NetlinkException e) {
                return Optional.of("live tests cannot run here: " + e.getMessage());
            }
        }
    }

    /**
     * Netlink in this namespace, for sessions, tables and rules.
     *
     * @return the transport
     */
    public NetlinkTransport transport() {
        return transport;
    }

    /**
     * The identifier of this namespace. Its path can be passed to other programs ({@code nsenter --net=PATH}).
     *
     * @return the namespace
     */
    public NetworkNamespace namespace() {
        return made.namespace();
    }

    /**
     * Carries out an action on a temporary thread in this namespace. A socket that it opens stays in the namespace, and any
     * thread may use it.
     *
     * <pre>{@code ServerSocket server = namespace.call(() -> new ServerSocket(8080)); }</pre>
     *
     * <p>A {@code Socket} that is not connected has no descriptor yet: connect it in the action. {@code
     * java.net.NetworkInterface} reads files of the process's own namespace, even here.
     *
     * @param action the action
     * @return its result
     * @param <T> the type of the result
     * @throws InterruptedException if the calling thread is interrupted
     * @throws Exception as the action throws
     */
    public <T extends @Nullable Object> T call(Callable<T> action) throws Exception {
        return made.namespace().call(action);
    }

    /**
     * Adds rules in the language of nft: whole tables, without nft. They disappear with the namespace.
     *
     * @param text one or more tables, as {@code nft list ruleset} prints them
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text cannot be read, with line and column
     * @throws dev.nfkit.BatchRefusedException if the kernel refuses it
     * @throws NetlinkException if a system call fails
     */
    public void rules(String text) throws NetlinkException {
        nftables().commit(new Batch().add(Ruleset.parse(text)));
    }

    /**
     * The ruleset of this namespace: to change and list it, with the counters of its rules.
     *
     * @return a client, the same at each call, which is closed with the namespace
     * @throws NetlinkException if a system call fails
     */
    public synchronized Nftables nftables() throws NetlinkException {
        Nftables open = nftables;
        if (open == null) {
            open = Nftables.open(transport);
            nftables = open;
        }
        return open;
    }

    /**
     * Runs a command in this namespace to its end, for a minute at most.
     *
     * @param command the program and its arguments
     * @return what it printed, errors too
     * @throws IOException if it cannot be started
     * @throws InterruptedException if the calling thread is interrupted
     * @throws IllegalStateException if it exits with another code than 0 or does not end; the message has its output
     */
    public String exec(String... command) throws IOException, InterruptedException {
        return processes.exec(command);
    }

    /**
     * Starts a process in this namespace. If it still runs when the namespace is closed, it is killed, and so are its
     * children.
     *
     * @param builder the process
     * @return the process
     * @throws IOException if it cannot be started
     * @throws InterruptedException if the calling thread is interrupted
     */
    public Process start(ProcessBuilder builder) throws IOException, InterruptedException {
        return processes.start(builder);
    }

    /**
     * Injects faults into the packets that a rule matches, until they or the namespace are closed.
     *
     * <pre>{@code
     * InjectedFaults faults = namespace.inject("udp dport 53", f -> f.dropFirst(1).delay(Duration.ofMillis(50)));
     * }</pre>
     *
     * <p>The rule is in a table of its own, at the hooks prerouting and output and the priority raw: packets that arrive,
     * packets that are forwarded and packets that are sent meet the faults once, before connection tracking, so the rule cannot
     * match connections. Several faults add up, the last ones first. The table stays, so that no packet in another queue is lost at the end.
     *
     * @param match matches in the language of nft; empty for all packets
     * @param configure sets the faults
     * @return the faults, which have begun
     * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule, with line and column
     * @throws IllegalArgumentException if the rule has more than matches
     * @throws NetlinkException if a system call fails
     */
    public synchronized InjectedFaults inject(String match, Consumer<PacketFaults> configure) throws NetlinkException {
        requireOpen();
        PacketRule rule = PacketRule.of(match);
        String table = "nfkit-faults-" + ++tables;
        rules("""
                table inet %s {
                    chain faults { }
                    chain prerouting { type filter hook prerouting priority raw; jump faults; }
                    chain output { type filter hook output priority raw; oifname != "lo" jump faults; }
                }
                """.formatted(table));
        return inject(rule.in(TableId.inet(table), "faults"), configure);
    }

    /**
     * Injects faults into the packets that a rule matches, at any hook and priority. Where connection tracking has seen
     * packets, do not delay them: the kernel drops all but one packet of a new connection that wait at the same time.
     *
     * @param rule which packets
     * @param configure sets the faults
     * @return the faults, which have begun
     * @throws NetlinkException if a system call fails
     */
    public synchronized InjectedFaults inject(PacketRule rule, Consumer<PacketFaults> configure)
            throws NetlinkException {
        requireOpen();
        PacketFaults chosen = new PacketFaults();
        configure.accept(chosen);
        InjectedFaults begun = new InjectedFaults(transport, rule, chosen, queue);
        queue--;
        faults.push(begun);
        return begun;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the namespace is closed");
        }
    }

    /**
     * Ends the faults and the processes, and releases the namespace, which disappears as soon as no socket is left in it.
     * Idempotent.
     *
     * @throws IllegalStateException if the session of faults had failed
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Closing closing = new Closing();
        faults.forEach(begun -> closing.then(begun::close));
        closing.then(processes::close);
        Nftables client = nftables;
        if (client != null) {
            closing.then(client::close);
        }
        closing.then(made::close).end();
    }

    /**
     * A description of the namespace.
     *
     * @return text with its path
     */
    @Override
    public String toString() {
        return made.toString();
    }
}
