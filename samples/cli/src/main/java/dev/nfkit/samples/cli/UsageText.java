package dev.nfkit.samples.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with arguments, in one line, and what was probably meant. */
final class UsageText {
    private UsageText() {}

    static String of(ParameterException e) {
        String text = firstLine(e.getMessage())
                .replaceAll(" is not an? (int|long|short|byte|Integer|Long)\\b", " is not a number")
                .replaceAll(" is not an? (double|float|Double)\\b", " is not a number");
        if (!(e instanceof UnmatchedArgumentException unmatched)) {
            return text.startsWith("Unknown subcommand") ? text + " The commands are " + commands(e) : text;
        }
        List<String> near = unmatched.getSuggestions();
        return near.isEmpty() ? text : text + "; did you mean " + meant(near) + "?";
    }

    /** The commands beside which help was asked for. */
    private static String commands(ParameterException e) {
        CommandLine asked = e.getCommandLine();
        CommandLine parent = asked.getParent() == null ? asked : asked.getParent();
        return parent.getSubcommands().entrySet().stream()
                .filter(entry ->
                        !entry.getValue().getCommandSpec().usageMessage().hidden())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", "));
    }

    private static String meant(List<String> near) {
        return String.join(" or ", near.subList(0, Math.min(3, near.size()))).toLowerCase(Locale.ROOT);
    }

    static String firstLine(@Nullable String text) {
        return (text == null ? "failed" : text).lines().findFirst().orElse("");
    }
}
