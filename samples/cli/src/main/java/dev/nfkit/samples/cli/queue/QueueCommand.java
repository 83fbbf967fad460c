// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.InterfaceNames;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.samples.cli.arguments.Criteria;
import dev.nfkit.samples.cli.arguments.InstalledRuleArguments;
import dev.nfkit.samples.cli.arguments.InterfaceArgument;
import dev.nfkit.samples.cli.arguments.PrintArguments;
import dev.nfkit.samples.cli.arguments.SessionArguments;
import dev.nfkit.samples.cli.arguments.StopArguments;
import dev.nfkit.samples.cli.output.CounterLine;
import dev.nfkit.samples.cli.output.JsonPrinter;
import dev.nfkit.samples.cli.output.LinePrinter;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.NfqueueFields;
import dev.nfkit.samples.cli.output.PacketPrinter;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.run.Ending;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nfkit queue}: a fault injector. */
@Command(
        name = "queue",
        description = "Decides packets that rules send to NFQUEUE queues, or that --rule matches: a fault injector for"
                + " tests.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "The first rule that matches a packet decides it. With PERCENT%%, a rule decides only",
            "a random share of the packets that it matches; the others go to the next rule.",
            "",
            "A FILTER is one of these, or a combination with and, or, not and parentheses:",
            "  tcp, udp, icmp, icmp6, sctp, proto N    ip, ip6    any",
            "  [tcp|udp|sctp] sport N[-M], dport N[-M], port N[-M]    tcp flags syn,!ack",
            "  src ADDR[/LEN], dst ADDR[/LEN], host ADDR[/LEN]",
            "  mark M[/MASK]    uid N    gid N    in NAME    out NAME    queue N    len > N",
            "",
            "Example: nfkit queue --rule 'udp dport 53' --drop '20%%: any'",
            "         nfkit queue -i nfqueue:0 --drop '20%%: udp dport 53'",
            "             --delay '50ms 10ms: icmp' --mark '7: tcp dport 443'",
            "",
            "SIGINT and SIGTERM end it in good order: waiting packets are decided, and delayed",
            "ones are accepted at once. Exit code: 0; 2 for wrong usage, or if a socket cannot be",
            "opened; 1 for an error while running."
        })
public final class QueueCommand implements Callable<Integer> {
    @Option(
            names = {"-i", "--interface"},
            paramLabel = "nfqueue:QUEUE",
            description = "The queue that rules send to, or several such as nfqueue:0-3; they share one session.")
    private List<String> interfaces = List.of();

    @Mixin
    private InstalledRuleArguments installed = new InstalledRuleArguments();

    @ArgGroup(exclusive = true, multiplicity = "0..*", heading = "Rules, in the order given:%n")
    private List<RuleArguments> typed = new ArrayList<>(); // picocli adds to it

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The seed of random numbers; with the same seed, the same packets get the same verdicts.")
    private @Nullable Long seed;

    @Option(
            names = {"-v", "--verbose"},
            description = "Print each packet and its verdict as a line.")
    private boolean verbose;

    @Mixin
    private QueueArguments queues = new QueueArguments();

    @Mixin
    private StopArguments stops = new StopArguments();

    @Mixin
    private PrintArguments print = new PrintArguments();

    @Mixin
    private SessionArguments session = new SessionArguments();

    @Override
    public Integer call() throws Failure {
        NetlinkTransport transport = session.transport();
        Optional<PacketRule> rule = installed.rule();
        List<Integer> numbers = installed.numbers(
                InterfaceArgument.QUEUES,
                interfaces,
                number -> transport.kernel().nfqueues().stream().anyMatch(queue -> queue.queue() == number));
        List<Rule> rules = rules();
        Criteria stop = stops.criteria();
        if (stop.bytes() > 0 || stop.files() > 0) {
            throw Failure.usage("-a: only duration:SECONDS and packets:N are supported here: no file is written");
        }
        if (session.copyRange() > 0 && rules.stream().anyMatch(one -> one.action() instanceof Action.Corrupt)) {
            throw Failure.usage("--corrupt needs whole packets: leave out -s");
        }
        NfqueueOptions options = queues.options(numbers, session, rules, rule);
        return decide(
                transport,
                options,
                rules,
                stop,
                seed == null ? ThreadLocalRandom.current().nextLong() >>> 1 : seed);
    }

    /** The rules, in the order given. */
    public List<Rule> rules() throws Failure {
        List<Rule> rules = new ArrayList<>();
        for (RuleArguments one : typed) {
            rules.add(one.rule());
        }
        return rules;
    }

    private int decide(
            NetlinkTransport transport, NfqueueOptions options, List<Rule> rules, Criteria stop, long drawnFrom)
            throws Failure {
        NfqueueSession open;
        try {
            open = NfqueueSession.open(transport, options);
        } catch (NetlinkException e) {
            throw Failure.usage(e);
        }
        boolean lines = verbose || print.json();
        TextOutput text = lines ? TextOutput.standard() : null;
        PacketPrinter<QueuedPacket> printer = lines ? printer(print.json(), transport.kernel()) : null;
        Delays delays = new Delays(open::close);
        Judge judge = new Judge(
                rules,
                queues.otherwise(),
                new SplittableRandom(drawnFrom),
                delays,
                new InterfaceNames(transport.kernel()),
                printer,
                text);
        QueueRun run = new QueueRun(
                open,
                judge,
                delays,
                queues.otherwise(),
                text,
                stop,
                new CounterLine(!print.quiet() && !lines),
                new QueueSummary(judge, rules, queues.otherwise().equals(Verdict.DROP)));
        return Ending.during(run::stop, () -> {
            announce(open, options, drawnFrom);
            return run.await();
        });
    }

    public static PacketPrinter<QueuedPacket> printer(boolean json, KernelView kernel) {
        NfqueueFields fields = new NfqueueFields();
        return json ? new JsonPrinter<>(fields, kernel) : new LinePrinter<>(fields, kernel);
    }

    private void announce(NfqueueSession open, NfqueueOptions options, long drawnFrom) throws Failure {
        String names = options.queues().stream()
                .map(queue -> "nfqueue:" + queue.queue())
                .collect(Collectors.joining(", "));
        String what = options.rule().map(rule -> rule + " (" + names + ")").orElse(names);
        Messages.print("Deciding on " + what + ", seed " + drawnFrom);
        if (session.receiveBuffer().isPresent()) {
            SessionArguments.warnOfSmallBuffer(
                    open.receiveBuffer(), session.receiveBuffer().getAsInt(), "so that bursts are lost sooner");
        }
    }
}
