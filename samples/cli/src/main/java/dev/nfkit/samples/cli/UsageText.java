// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with arguments, in one line, and what was probably meant. */
final class UsageText {
    private static final Pattern OTHER_VALUE = Pattern.compile(
            "^Invalid value for option '([^']+)'.*: expected one of \\[(.*)] \\(case-insensitive\\) but was '(.*)'$");
    private static final Pattern NONE_OF =
            Pattern.compile("^Error: Missing required argument \\(specify one of these\\): \\((.*)\\)$");
    private static final Pattern SEVERAL_OF =
            Pattern.compile("^Error: (.*) are mutually exclusive \\(specify only one\\)$");

    private UsageText() {}

    static String of(ParameterException e, String... args) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            return unmatched(unmatched);
        }
        String text = firstLine(e.getMessage())
                .replaceAll(
                        " is not an? (int|long|short|byte|float|double|Integer|Long|Float|Double)\\b",
                        " is not a number");
        String unknown = "Unknown subcommand '";
        if (text.startsWith(unknown)) {
            return unknownCommand(text.substring(unknown.length(), text.lastIndexOf('\'')), Commands.names());
        }
        return TypedNames.in(plain(text), e.getCommandLine().getCommandSpec(), List.of(args));
    }

    /** What picocli reports about a choice, in words. */
    private static String plain(String text) {
        Matcher value = OTHER_VALUE.matcher(text);
        if (value.find()) {
            String values = list(List.of(value.group(2).toLowerCase(Locale.ROOT).split(", ", -1)), "or");
            return value.group(1) + " " + value.group(3) + ": expected " + values;
        }
        Matcher missing = NONE_OF.matcher(text);
        if (missing.find()) {
            String names = missing.group(1).replaceAll("=\\S+", "");
            return "a command is missing: " + list(List.of(names.split(" \\| ", -1)), "or");
        }
        Matcher several = SEVERAL_OF.matcher(text);
        if (several.find()) {
            String names = several.group(1).replaceAll("=\\S+", "");
            return list(List.of(names.split(", ", -1)), "and") + " cannot be combined";
        }
        return text;
    }

    /** Only the first: what follows an unknown option may be its value. */
    private static String unmatched(UnmatchedArgumentException e) {
        String word = e.getUnmatched().get(0);
        CommandSpec command = e.getCommandLine().getCommandSpec();
        if (e.isUnknownOption()) {
            String name = word.replaceFirst("=.*", "");
            // With those of groups, which options() leaves out.
            List<String> options = command.optionsMap().entrySet().stream()
                    .filter(option -> !option.getValue().hidden())
                    .map(Map.Entry::getKey)
                    .filter(option -> option.startsWith("--") == name.startsWith("--"))
                    .sorted()
                    .toList();
            return "unknown option '" + name + "'" + meant(Suggestions.of(name, options));
        }
        List<String> commands = command.subcommands().entrySet().stream()
                .filter(entry -> !hidden(entry.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        return commands.isEmpty() ? "unexpected argument '" + word + "'" : unknownCommand(word, commands);
    }

    private static boolean hidden(CommandLine command) {
        return command.getCommandSpec().usageMessage().hidden();
    }

    private static String unknownCommand(String word, List<String> commands) {
        List<String> near = Suggestions.of(word, commands);
        return "unknown command '" + word + "'"
                + (near.isEmpty() ? "; the commands are " + list(commands, "and") : meant(near));
    }

    private static String meant(List<String> near) {
        return near.isEmpty() ? "" : "; did you mean " + list(near, "or") + "?";
    }

    /** Words with a conjunction before the last. */
    static String list(List<String> words, String last) {
        int before = words.size() - 1;
        return before == 0
                ? words.get(0)
                : String.join(", ", words.subList(0, before)) + " " + last + " " + words.get(before);
    }

    static String firstLine(@Nullable String text) {
        return (text == null ? "failed" : text).lines().findFirst().orElse("");
    }
}
