// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli;

import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.FailureReport;
import dev.nfkit.samples.cli.run.Program;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The main class of the command line. */
@Command(
        name = "nfkit",
        description =
                "Captures logged packets, decides queued packets, and works on the connections and rules of Linux.",
        mixinStandardHelpOptions = true,
        version = Program.VERSION,
        footer = {"", "nfkit help COMMAND describes the options of a command."})
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
        int code = run(args);
        if (code != 0) {
            System.exit(code);
        }
    }

    /**
     * Runs the command line without exiting, for callers in this process.
     *
     * @param args the arguments
     * @return the exit code
     */
    public static int run(String... args) {
        CommandLine outline = Commands.outline(args);
        return outline == null
                ? described(args)
                : reporting(outline)
                        .setParameterExceptionHandler((e, arguments) -> described(arguments))
                        .execute(args);
    }

    /** Runs the command line with all its texts, which help and messages need. */
    private static int described(String... args) {
        return reporting(Commands.line(new Main(), args))
                .setParameterExceptionHandler((e, arguments) -> {
                    Messages.print("nfkit: " + UsageText.of(e, arguments) + " (see " + command(e) + " --help)");
                    return Failure.USAGE;
                })
                .execute(args);
    }

    private static CommandLine reporting(CommandLine line) {
        return line.setExecutionExceptionHandler((e, command, result) -> {
            if (e instanceof Failure failure) {
                String message = UsageText.firstLine(failure.getMessage());
                ParseResult named = command(result);
                FailureReport.print(
                        failure,
                        TypedNames.in(message, named.commandSpec(), result.originalArgs()),
                        named.hasMatchedOption("--json"));
                return failure.exitCode();
            }
            Messages.print(e);
            return Failure.RUNNING;
        });
    }

    /**
     * The command line with all commands, for help in other forms.
     *
     * @return its model; not to be executed
     */
    public static CommandLine all() {
        return Commands.line(new Main());
    }

    private static ParseResult command(ParseResult result) {
        ParseResult command = result;
        while (command.hasSubcommand()) {
            command = command.subcommand();
        }
        return command;
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
                spec.commandLine(), "a command is missing: " + UsageText.list(Commands.names(), "or"));
    }
}
