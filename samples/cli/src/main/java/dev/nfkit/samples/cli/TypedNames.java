// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Names options in messages as they were typed: many have a short and several long names. */
final class TypedNames {
    private TypedNames() {}

    /**
     * A message with the typed names of options.
     *
     * @param message the message, which names an option by any of its names
     * @param command the command to which the options belong
     * @param args the arguments as typed
     */
    static String in(String message, CommandSpec command, List<String> args) {
        String text = message;
        for (OptionSpec option : Set.copyOf(command.optionsMap().values())) {
            if (option.names().length > 1) {
                text = in(text, option, args);
            }
        }
        return text;
    }

    private static String in(String text, OptionSpec option, List<String> args) {
        List<String> typed = Arrays.stream(option.names())
                .filter(name -> args.stream().anyMatch(arg -> is(arg, name)))
                .toList();
        if (typed.size() != 1) {
            return text;
        }
        String others = Arrays.stream(option.names())
                .filter(name -> !name.equals(typed.get(0)))
                .map(Pattern::quote)
                .reduce((a, b) -> a + "|" + b)
                .orElseThrow();
        // Not within an argument that the message repeats in quotes.
        Matcher other =
                Pattern.compile("(?<![\\w\"-])(" + others + ")(?![\\w-])").matcher(text);
        return other.replaceAll(Matcher.quoteReplacement(typed.get(0)));
    }

    /** Whether an argument is an option: -x, -xVALUE, --long or --long=VALUE. */
    private static boolean is(String arg, String name) {
        return name.startsWith("--")
                ? arg.equals(name) || arg.startsWith(name + "=")
                : arg.startsWith(name) && !arg.startsWith("--");
    }
}
