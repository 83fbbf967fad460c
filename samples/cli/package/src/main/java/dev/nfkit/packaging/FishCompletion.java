// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Completion for fish: commands, options with their descriptions, values where they are known, files elsewhere. */
final class FishCompletion {
    private final StringBuilder out = new StringBuilder();

    private FishCompletion() {}

    static String of(CommandLine program) {
        FishCompletion completion = new FishCompletion();
        completion.level(program, "__fish_use_subcommand");
        program.getSubcommands().forEach((name, command) -> {
            // A command may have the name of another one's subcommand.
            String others = program.getSubcommands().entrySet().stream()
                    .filter(other -> other.getValue().getSubcommands().containsKey(name))
                    .map(other -> "; and not __fish_seen_subcommand_from " + other.getKey())
                    .collect(Collectors.joining());
            String within = "__fish_seen_subcommand_from " + name + others;
            String first = command.getSubcommands().isEmpty()
                    ? within
                    : within + "; and not __fish_seen_subcommand_from "
                            + String.join(" ", command.getSubcommands().keySet());
            completion.level(command, first);
            command.getSubcommands()
                    .forEach((below, sub) ->
                            completion.level(sub, within + "; and __fish_seen_subcommand_from " + below));
        });
        return completion.out.toString();
    }

    private void level(CommandLine command, String condition) {
        CommandSpec spec = command.getCommandSpec();
        if (spec.usageMessage().hidden()) {
            return;
        }
        command.getSubcommands().forEach((name, sub) -> {
            CommandSpec below = sub.getCommandSpec();
            if (!below.usageMessage().hidden()) {
                line(
                        condition,
                        " -f -a " + name,
                        brief(
                                below.usageMessage().description(),
                                below.usageMessage().header()));
            }
        });
        spec.optionsMap().values().stream()
                .distinct()
                .filter(option -> !option.hidden())
                .forEach(option -> option(condition, option));
    }

    private void option(String condition, OptionSpec option) {
        String names = Arrays.stream(option.names())
                .map(name -> name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1))
                .collect(Collectors.joining());
        String value = "";
        if (option.arity().min() > 0) {
            value = option.completionCandidates() == null ? " -r" : " -x -a " + quoted(candidates(option));
        }
        line(condition, names + value, brief(option.description(), new String[0]));
    }

    private static String candidates(ArgSpec argument) {
        return StreamSupport.stream(argument.completionCandidates().spliterator(), false)
                .map(candidate -> candidate.toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" "));
    }

    private void line(String condition, String what, String description) {
        out.append("complete -c nfkit -n ").append(quoted(condition)).append(what);
        if (!description.isEmpty()) {
            out.append(" -d ").append(quoted(description));
        }
        out.append('\n');
    }

    /** The first sentence. */
    private static String brief(String[] description, String[] header) {
        String text = String.join(" ", description.length == 0 ? header : description);
        return text.replace("%%", "%").replaceFirst("(?s)(?<=[.;]) .*", "").replaceFirst("[.;]$", "");
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
