package dev.nfkit.samples.cli;

import dev.nfkit.samples.cli.anonymize.AnonymizeCommand;
import dev.nfkit.samples.cli.capture.CaptureCommand;
import dev.nfkit.samples.cli.conntrack.ConntrackCommand;
import dev.nfkit.samples.cli.demo.DemoCommand;
import dev.nfkit.samples.cli.demo.DemoInsideCommand;
import dev.nfkit.samples.cli.doctor.DoctorCommand;
import dev.nfkit.samples.cli.doctor.ListCommand;
import dev.nfkit.samples.cli.explain.ExplainCommand;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.queue.QueueCommand;
import dev.nfkit.samples.cli.record.RecordCommand;
import dev.nfkit.samples.cli.replay.ReplayCommand;
import dev.nfkit.samples.cli.rules.RulesCommand;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.FailureReport;
import dev.nfkit.samples.cli.run.Program;
import dev.nfkit.samples.cli.top.TopCommand;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The main class of the command line. */
@Command(
        name = "nfkit",
        description = "Captures logged packets, decides queued packets, and shows connections, to demonstrate the SDK.",
        mixinStandardHelpOptions = true,
        version = Program.VERSION,
        subcommands = {
            CaptureCommand.class,
            QueueCommand.class,
            RecordCommand.class,
            ReplayCommand.class,
            AnonymizeCommand.class,
            ConntrackCommand.class,
            RulesCommand.class,
            ExplainCommand.class,
            TopCommand.class,
            DoctorCommand.class,
            ListCommand.class,
            DemoCommand.class,
            DemoInsideCommand.class,
            HelpCommand.class
        })
public final class Main implements Program, Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private Main() {}

    /**
     * Runs the command line and exits with its code: 0; 2 for wrong usage, or if something could not be opened; 1 for
     * an error while running.
     *
     * @param args the arguments
     */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    /**
     * Runs the command line without exiting, for callers in this process.
     *
     * @param args the arguments
     * @return the exit code
     */
    public static int run(String... args) {
        // As in conntrack(8) and dumpcap, @file is an argument like any other, not the arguments in that file.
        CommandLine line = new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false);
        // Arguments after the recorded command's name belong to that command.
        Objects.requireNonNull(line.getSubcommands().get("record")).setStopAtPositional(true);
        line.setParameterExceptionHandler((e, arguments) -> {
            Messages.print("nfkit: " + UsageText.of(e) + " (see " + command(e) + " --help)");
            return Failure.USAGE;
        });
        line.setExecutionExceptionHandler((e, command, result) -> {
            if (e instanceof Failure failure) {
                FailureReport.print(failure, UsageText.firstLine(failure.getMessage()), printsJson(result));
                return failure.exitCode();
            }
            Messages.print(e);
            return Failure.RUNNING;
        });
        return line.execute(args);
    }

    private static boolean printsJson(ParseResult result) {
        ParseResult command = result;
        while (command.hasSubcommand()) {
            command = command.subcommand();
        }
        return command.hasMatchedOption("--json");
    }

    @Override
    public int start(List<String> words) {
        return run(words.toArray(String[]::new));
    }

    private static String command(ParameterException e) {
        return e.getCommandLine().getCommandSpec().qualifiedName();
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "a command is missing: capture, queue, conntrack, top, rules, explain, doctor, list, record, replay, anonymize"
                        + " or demo");
    }
}
