// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual page of a command, in the macros of man(7), from the same descriptions as its help. */
final class ManPage {
    private static final String SECTION = "1";
    private static final int ONE_LINE = 10_000;

    private final CommandLine command;
    private final CommandSpec spec;
    private final StringBuilder out = new StringBuilder();

    ManPage(CommandLine command) {
        this.command = command;
        this.spec = command.getCommandSpec();
    }

    /** A command and its subcommands, without those that are hidden. */
    static List<CommandLine> commands(CommandLine command) {
        List<CommandLine> commands = new ArrayList<>(List.of(command));
        for (CommandLine sub : visible(command)) {
            commands.addAll(commands(sub));
        }
        return commands;
    }

    /** The subcommands that have a page. */
    private static List<CommandLine> visible(CommandLine command) {
        return command.getSubcommands().values().stream()
                .filter(sub -> !sub.getCommandSpec().usageMessage().hidden()
                        && !(sub.getCommand() instanceof CommandLine.HelpCommand))
                .toList();
    }

    String name() {
        return name(command);
    }

    private static String name(CommandLine command) {
        return command.getCommandSpec().qualifiedName("-");
    }

    String text() {
        String version = String.join(" ", spec.root().version());
        out.append(".TH \"")
                .append(escaped(name().toUpperCase(java.util.Locale.ROOT)))
                .append("\" ");
        out.append(SECTION).append(" \"\" \"").append(escaped(version)).append("\" \"nfkit manual\"\n");
        out.append(".nh\n.ad l\n");
        section("NAME");
        out.append(escaped(name()))
                .append(" \\- ")
                .append(escaped(brief(command)))
                .append('\n');
        section("SYNOPSIS");
        // In one line: its lines would be broken within options, too.
        spec.usageMessage().width(ONE_LINE);
        String synopsis = command.getHelp().synopsis(0).strip().replaceAll("\\s+", " ");
        out.append(escaped(synopsis)).append('\n');
        section("DESCRIPTION");
        paragraphs(Arrays.asList(spec.usageMessage().description()));
        parameters();
        options();
        subcommands();
        footer();
        seeAlso();
        return out.toString();
    }

    private void section(String title) {
        out.append(".SH ").append(title).append('\n');
    }

    /** The first sentence, in lower case and without its full stop, as whatis(1) has it. */
    private static String brief(CommandLine command) {
        String[] description = command.getCommandSpec().usageMessage().description();
        String sentence = description.length == 0 ? "" : plain(description[0]).replaceFirst("[.:;].*", "");
        return sentence.isEmpty() ? "" : Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1);
    }

    private void parameters() {
        List<PositionalParamSpec> shown = spec.positionalParameters().stream()
                .filter(parameter -> !parameter.hidden())
                .toList();
        if (!shown.isEmpty()) {
            section("ARGUMENTS");
        }
        for (PositionalParamSpec parameter : shown) {
            tagged("\\fI" + escaped(parameter.paramLabel()) + "\\fR", parameter);
        }
    }

    private void options() {
        List<OptionSpec> shown = spec.optionsMap().values().stream()
                .distinct()
                .filter(option -> !option.hidden())
                .toList();
        if (!shown.isEmpty()) {
            section("OPTIONS");
        }
        for (OptionSpec option : shown) {
            String names = Arrays.stream(option.names())
                    .map(name -> "\\fB" + escaped(name) + "\\fR")
                    .collect(Collectors.joining(", "));
            boolean value = option.arity().max() > 0;
            boolean optional = option.arity().min() == 0;
            boolean isLong = option.longestName().startsWith("--");
            String separator = isLong ? "=" : " ";
            String label = separator + "\\fI" + escaped(option.paramLabel()) + "\\fR";
            tagged(names + (!value ? "" : optional ? "[" + label + "]" : label), option);
        }
    }

    private void tagged(String tag, ArgSpec argument) {
        out.append(".TP\n").append(tag).append('\n');
        out.append(lines(String.join(" ", argument.description()))).append('\n');
    }

    private void subcommands() {
        List<CommandLine> shown = visible(command);
        if (!shown.isEmpty()) {
            section("COMMANDS");
        }
        for (CommandLine sub : shown) {
            out.append(".TP\n\\fB").append(escaped(sub.getCommandName())).append("\\fR\n");
            CommandSpec described = sub.getCommandSpec();
            out.append(lines(described.usageMessage().description()[0])).append('\n');
        }
    }

    /** What follows the options in the help: notes, examples, which are indented, and exit codes. */
    private void footer() {
        List<String> footer = Arrays.asList(spec.usageMessage().footer());
        if (footer.stream().anyMatch(line -> !line.isBlank())) {
            section("NOTES");
            paragraphs(footer);
        }
    }

    private void seeAlso() {
        List<String> pages = new ArrayList<>();
        for (CommandLine other : command == root() ? visible(command) : List.of(root())) {
            pages.add("\\fB" + escaped(name(other)) + "\\fR(" + SECTION + ")");
        }
        for (String other : List.of("conntrack(8)", "nft(8)", "iptables-extensions(8)")) {
            pages.add("\\fB" + other.replaceFirst("\\(", "\\\\fR("));
        }
        section("SEE ALSO");
        out.append(String.join(", ", pages)).append('\n');
    }

    private CommandLine root() {
        return spec.root().commandLine();
    }

    private void paragraphs(List<String> lines) {
        for (String line : lines) {
            if (line.isBlank()) {
                out.append(".PP\n");
            } else if (line.startsWith("  ")) {
                out.append(".RS 4\n.nf\n").append(lines(line.strip())).append("\n.fi\n.RE\n");
            } else {
                out.append(lines(line)).append('\n');
            }
        }
    }

    private static String lines(String text) {
        return escaped(plain(text));
    }

    /** Without picocli's markup: %n, %% and colours. */
    private static String plain(String text) {
        return Ansi.OFF.string(text.replace("%n", " ").replace("%%", "%")).replaceAll("\\s+", " ");
    }

    /** Text that roff prints as it is: hyphens that can be copied, no requests. */
    private static String escaped(String text) {
        String safe = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq");
        return safe.startsWith(".") ? "\\&" + safe : safe;
    }
}
