// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.command;

import dev.nfkit.NetlinkException;
import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The main class of the fleet's command line. */
@Command(
        name = "nfkit fleet",
        description = "Keeps the flow records of many hosts on Kafka, and answers questions about them.",
        mixinStandardHelpOptions = true,
        subcommands = {
            AgentCommand.class,
            StreamCommand.class,
            QueryCommand.class,
            LedgerCommand.class,
            DemoCommand.class,
            BrokerCommand.class
        },
        footer = {"", "nfkit fleet COMMAND --help describes the options of a command."})
public final class Main implements Runnable {
    private static final int RUNNING = 1;
    private static final int USAGE = 2;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private Main() {}

    /**
     * Runs the command line and exits with its code: 0; 2 for wrong usage; 1 for an error while running.
     *
     * @param args the arguments
     */
    public static void main(String[] args) {
        Logger.getLogger("").setLevel(Level.WARNING);
        System.exit(run(args));
    }

    /**
     * Runs the command line without exiting.
     *
     * @param args the arguments
     * @return the exit code
     */
    public static int run(String... args) {
        CommandLine line = new CommandLine(new Main());
        line.setParameterExceptionHandler((e, arguments) -> {
            System.err.println("nfkit fleet: " + e.getMessage() + " (see "
                    + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)");
            return USAGE;
        });
        line.setExecutionExceptionHandler((e, command, result) -> {
            if (e instanceof IOException
                    || e instanceof NetlinkException
                    || e instanceof IllegalStateException
                    || e instanceof InterruptedException) {
                System.err.println("nfkit fleet: " + e.getMessage());
                return RUNNING;
            }
            if (e instanceof IllegalArgumentException) {
                System.err.println("nfkit fleet: " + e.getMessage());
                return USAGE;
            }
            throw e;
        });
        return line.execute(args);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: agent, stream, query, ledger or demo");
    }
}
