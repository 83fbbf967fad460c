// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli;

import dev.nfkit.samples.cli.anonymize.AnonymizeCommand;
import dev.nfkit.samples.cli.capture.CaptureCommand;
import dev.nfkit.samples.cli.conntrack.ConntrackCommand;
import dev.nfkit.samples.cli.demo.DemoCommand;
import dev.nfkit.samples.cli.demo.DemoInsideCommand;
import dev.nfkit.samples.cli.doctor.DoctorCommand;
import dev.nfkit.samples.cli.doctor.ListCommand;
import dev.nfkit.samples.cli.explain.ExplainCommand;
import dev.nfkit.samples.cli.flows.FlowsCommand;
import dev.nfkit.samples.cli.outline.Outline;
import dev.nfkit.samples.cli.queue.QueueCommand;
import dev.nfkit.samples.cli.record.RecordCommand;
import dev.nfkit.samples.cli.replay.ReplayCommand;
import dev.nfkit.samples.cli.rules.RulesCommand;
import dev.nfkit.samples.cli.top.TopCommand;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The commands. Picocli reads the annotations of all options of a command when it is made, which takes most of the time of
 * a short command: so only the command that is named is made.
 */
final class Commands {
    private static final Map<String, Supplier<Object>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("capture", CaptureCommand::new);
        COMMANDS.put("queue", QueueCommand::new);
        COMMANDS.put("record", RecordCommand::new);
        COMMANDS.put("replay", ReplayCommand::new);
        COMMANDS.put("anonymize", AnonymizeCommand::new);
        COMMANDS.put("conntrack", ConntrackCommand::new);
        COMMANDS.put("rules", RulesCommand::new);
        COMMANDS.put("explain", ExplainCommand::new);
        COMMANDS.put("top", TopCommand::new);
        COMMANDS.put("flows", FlowsCommand::new);
        COMMANDS.put("doctor", DoctorCommand::new);
        COMMANDS.put("list", ListCommand::new);
        COMMANDS.put("demo", DemoCommand::new);
        COMMANDS.put("demo-inside", DemoInsideCommand::new);
        COMMANDS.put("help", HelpCommand::new);
    }

    private Commands() {}

    /** The names of the commands that users start, in the order of the help. */
    static List<String> names() {
        return COMMANDS.keySet().stream()
                .filter(name -> !name.equals("demo-inside"))
                .toList();
    }

    /**
     * The command line with the {@link Outline} of the command that the first argument names; null if it has none, or if its
     * annotations must judge the arguments.
     */
    static @Nullable CommandLine outline(String... args) {
        Supplier<Object> named = args.length == 0 ? null : COMMANDS.get(args[0]);
        if (named == null) {
            return null;
        }
        List<String> words = List.of(args).subList(1, args.length);
        CommandSpec command = Outline.of(args[0], named, words).orElse(null);
        return command == null
                ? null
                : parsing(new CommandLine(CommandSpec.create().name("nfkit")).addSubcommand(args[0], command));
    }

    /** The command line with the command that the first argument names, or with all of them if it names none. */
    static CommandLine line(Object program, String... args) {
        String first = args.length == 0 ? "" : args[0];
        Supplier<Object> named = first.equals("help") ? null : COMMANDS.get(first);
        CommandLine line = new CommandLine(program);
        if (named != null) {
            line.addSubcommand(first, named.get());
        } else {
            COMMANDS.forEach((name, command) -> line.addSubcommand(name, command.get()));
            help(line.getSubcommands().get("help"));
        }
        parsing(line);
        CommandLine recording = line.getSubcommands().get("record");
        if (recording != null) {
            // Arguments after the recorded command's name belong to that command.
            recording.setStopAtPositional(true);
        }
        return line;
    }

    /** As in conntrack(8) and dumpcap, @file is an argument like any other, not the arguments in that file. */
    private static CommandLine parsing(CommandLine line) {
        return line.setCaseInsensitiveEnumValuesAllowed(true).setExpandAtFiles(false);
    }

    private static void help(@Nullable CommandLine help) {
        if (help != null) {
            help.getCommandSpec().usageMessage().header("Prints the help of a command.");
        }
    }
}
