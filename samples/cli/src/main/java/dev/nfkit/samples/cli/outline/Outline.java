// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.outline;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The options and parameters of a command without the texts of its help. Picocli reads the annotations of a command by
 * reflection, which takes most of the time of a short command. The package of the command line has a file for each command,
 * made from the annotations, and only those options are made that an argument may name. What the outline does not accept,
 * the annotations must judge: it knows neither help nor messages.
 *
 * <p>A file has a line for each part, whose columns are separated by tabs. A value that may be missing is {@code -}, or
 * {@code =} and its value.
 *
 * <pre>
 * help       names
 * spec       field
 * holder     holder field
 * option     holder field element arity split default required group fallback names
 * parameter  holder field element arity split default required index
 * </pre>
 *
 * <p>Holders are objects with fields, by number: 0 is the command, and others follow in the order of their lines. Names are
 * separated by spaces. Exactly one option of the group must be given.
 */
public final class Outline {
    private final Object command;
    private final List<String> args;
    private final CommandSpec spec;
    private final List<String[]> holders = new ArrayList<>();
    private final Map<Integer, Object> found = new HashMap<>();
    private ArgGroupSpec.@Nullable Builder group;
    private boolean grouped;

    private Outline(Object command, List<String> args) {
        this.command = command;
        this.args = args;
        spec = CommandSpec.wrapWithoutInspection(command);
        found.put(0, command);
    }

    /**
     * The outline of a command for some arguments.
     *
     * @param name the command's name
     * @param command makes the object whose fields are set
     * @param args the arguments
     * @return its model; empty if there is no file, or if the annotations must judge the arguments
     */
    public static Optional<CommandSpec> of(String name, Supplier<Object> command, List<String> args) {
        try (InputStream file = Outline.class.getResourceAsStream(name + ".outline")) {
            return file == null
                    ? Optional.empty()
                    : of(new String(file.readAllBytes(), StandardCharsets.UTF_8), command.get(), args);
        } catch (IOException e) {
            throw new IllegalStateException("the outline of " + name + " cannot be read", e);
        }
    }

    /** The outline of a command by the text of its file. */
    public static Optional<CommandSpec> of(String text, Object command, List<String> args) {
        Outline outline = new Outline(command, args);
        for (String line : text.lines().toList()) {
            try {
                if (!outline.add(line.split("\t", -1))) {
                    return Optional.empty();
                }
            } catch (ReflectiveOperationException | RuntimeException e) {
                throw new IllegalStateException("a line of the outline does not fit the command: " + line, e);
            }
        }
        return outline.spec();
    }

    /** Adds a part; returns false if an argument asks for help. */
    private boolean add(String[] columns) throws ReflectiveOperationException {
        switch (columns[0]) {
            case "help" -> {
                return !named(columns[1].split(" "));
            }
            case "spec" -> new Member(command, columns[1]).set(spec);
            case "holder" -> holders.add(columns);
            case "option" -> option(columns);
            case "parameter" -> spec.addPositional(parameter(columns));
            default -> throw new IllegalArgumentException("unknown part");
        }
        return true;
    }

    private void option(String[] columns) throws ReflectiveOperationException {
        String[] names = columns[10].split(" ");
        boolean inGroup = columns[8].equals("=");
        grouped |= inGroup;
        // Without default value and name it cannot matter.
        if (!named(names) && columns[6].equals("-") && columns[7].equals("-")) {
            return;
        }
        Member member = member(columns);
        OptionSpec option = OptionSpec.builder(names)
                .type(member.field.getType())
                .auxiliaryTypes(elements(columns))
                .arity(columns[4])
                .splitRegex(columns[5])
                .defaultValue(optional(columns[6]))
                .required(columns[7].equals("="))
                .fallbackValue(optional(columns[9]))
                .hasInitialValue(false)
                .getter(member)
                .setter(member)
                .build();
        if (!inGroup) {
            spec.addOption(option);
            return;
        }
        if (group == null) {
            group = ArgGroupSpec.builder().exclusive(true).multiplicity("1");
        }
        group.addArg(option);
    }

    private PositionalParamSpec parameter(String[] columns) throws ReflectiveOperationException {
        Member member = member(columns);
        return PositionalParamSpec.builder()
                .index(columns[8])
                .type(member.field.getType())
                .auxiliaryTypes(elements(columns))
                .arity(columns[4])
                .splitRegex(columns[5])
                .defaultValue(optional(columns[6]))
                .required(columns[7].equals("="))
                .hasInitialValue(false)
                .getter(member)
                .setter(member)
                .build();
    }

    /** The type of the elements of a list. */
    private static Class<?>[] elements(String[] columns) throws ClassNotFoundException {
        String element = optional(columns[3]);
        return element == null ? new Class<?>[0] : new Class<?>[] {Class.forName(element)};
    }

    private Member member(String[] columns) throws ReflectiveOperationException {
        return new Member(holder(Integer.parseInt(columns[1])), columns[2]);
    }

    /** Only those that are needed are looked up. */
    private Object holder(int number) throws ReflectiveOperationException {
        Object holder = found.get(number);
        if (holder == null) {
            holder = member(holders.get(number - 1)).get();
            found.put(number, holder);
        }
        return holder;
    }

    private static @Nullable String optional(String column) {
        return column.equals("-") ? null : column.substring(1);
    }

    /** Whether an argument may name an option: by its name, with its value, or among other short options. */
    private boolean named(String... names) {
        for (String name : names) {
            for (String arg : args) {
                boolean isLong = arg.startsWith("--");
                if (isLong ? arg.startsWith(name) : arg.startsWith("-") && arg.indexOf(name.charAt(1)) > 0) {
                    return true;
                }
            }
        }
        return false;
    }

    private Optional<CommandSpec> spec() {
        if (group != null) {
            spec.addArgGroup(group.build());
        } else if (grouped) {
            return Optional.empty();
        }
        return Optional.of(spec);
    }
}
