// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging;

import dev.nfkit.samples.cli.outline.Outline;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Writes the file of an {@link Outline} from the annotations of a command. */
final class OutlineText {
    private final CommandSpec command;
    private final StringBuilder out = new StringBuilder();
    private final Map<Class<?>, Integer> holders = new HashMap<>();

    private OutlineText(CommandSpec command) {
        this.command = command;
    }

    /** The outlines of a program's commands, by their names. */
    static Map<String, String> all(CommandLine program) {
        Map<String, String> outlines = new TreeMap<>();
        program.getSubcommands()
                .forEach((name, command) -> of(command).ifPresent(outline -> outlines.put(name, outline)));
        return outlines;
    }

    /**
     * The outline of a command; empty for one with what outlines do not have: subcommands, a parent, a list of groups.
     *
     * @throws IllegalArgumentException for what would be missing in silence
     */
    static Optional<String> of(CommandLine command) {
        OutlineText text = new OutlineText(command.getCommandSpec());
        boolean simple = command.getSubcommands().isEmpty()
                && !(command.getCommand() instanceof CommandLine.HelpCommand)
                && text.holder(command.getCommand());
        if (!simple) {
            return Optional.empty();
        }
        text.arguments();
        return Optional.of(text.out.toString());
    }

    /** Adds the fields of an object that are holders in turn; returns false if there are others than outlines have. */
    private boolean holder(Object object) {
        int number = holders.size();
        if (holders.put(object.getClass(), number) != null) {
            throw new IllegalArgumentException(object.getClass() + " twice in " + command.name());
        }
        for (Field field : object.getClass().getDeclaredFields()) {
            if (field.isAnnotationPresent(ParentCommand.class)) {
                return false;
            } else if (field.isAnnotationPresent(Spec.class)) {
                line("spec", field.getName());
            } else if (field.isAnnotationPresent(Mixin.class) || field.isAnnotationPresent(ArgGroup.class)) {
                if (Collection.class.isAssignableFrom(field.getType())) {
                    return false;
                }
                line("holder", number, field.getName());
                if (!holder(value(field, object))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static Object value(Field field, Object object) {
        try {
            field.setAccessible(true);
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new IllegalArgumentException(field + " cannot be read", e);
        }
    }

    private void arguments() {
        for (OptionSpec option :
                command.optionsMap().values().stream().distinct().toList()) {
            String names = String.join(" ", option.names());
            if (option.usageHelp() || option.versionHelp()) {
                line("help", names);
                continue;
            }
            require(Arrays.stream(option.names()).allMatch(name -> name.matches("-[^-]|--.+")), option);
            require(!option.negatable() && (option.group() == null || one(option.group())), option);
            String group = option.group() == null ? "-" : "=";
            argument("option", option, group, column(option.fallbackValue()), names);
        }
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            require(parameter.group() == null, parameter);
            argument("parameter", parameter, parameter.index());
        }
    }

    /** Whether exactly one of a group's options must be given. */
    private boolean one(ArgGroupSpec group) {
        return group.exclusive()
                && group.multiplicity().equals(CommandLine.Range.valueOf("1"))
                && command.argGroups().equals(List.of(group))
                && group.subgroups().isEmpty();
    }

    private void argument(String kind, ArgSpec argument, Object... more) {
        Field field = (Field) argument.userObject();
        require(
                argument.converters().length == 0
                        && argument.parameterConsumer() == null
                        && !argument.inherited()
                        && !argument.interactive(),
                argument);
        Class<?>[] elements = argument.auxiliaryTypes();
        boolean several = argument.isMultiValue();
        require(!several || elements.length == 1, argument);
        List<Object> columns = new ArrayList<>(List.of(
                kind,
                Objects.requireNonNull(holders.get(field.getDeclaringClass())),
                field.getName(),
                column(several ? elements[0].getName() : null),
                argument.arity(),
                argument.splitRegex(),
                column(argument.defaultValue()),
                argument.required() && argument.group() == null ? "=" : "-"));
        columns.addAll(List.of(more));
        line(columns.toArray());
    }

    private static void require(boolean known, ArgSpec argument) {
        if (!known) {
            throw new IllegalArgumentException("an outline cannot have " + argument);
        }
    }

    private static String column(@Nullable String value) {
        return value == null ? "-" : "=" + value;
    }

    private void line(Object... columns) {
        for (int i = 0; i < columns.length; i++) {
            out.append(i == 0 ? "" : "\t").append(columns[i]);
        }
        out.append('\n');
    }
}
