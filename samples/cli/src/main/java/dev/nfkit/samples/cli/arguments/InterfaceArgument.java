// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.samples.cli.run.Failure;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The argument of {@code -i}, in the syntax of libpcap: {@code nflog:30}, {@code nflog:30,31} or {@code nflog}; with
 * ranges in the syntax of iptables: {@code nfqueue:0-3} or {@code nfqueue:0:3}.
 */
public final class InterfaceArgument {
    /** NFLOG groups. */
    public static final InterfaceArgument GROUPS = new InterfaceArgument(
            "nflog", "group", "give nflog:GROUP, such as nflog:30 for what a rule with -j NFLOG --nflog-group 30 logs");
    /** NFQUEUE queues. */
    public static final InterfaceArgument QUEUES = new InterfaceArgument(
            "nfqueue",
            "queue",
            "give nfqueue:QUEUE, such as nfqueue:0 for what a rule with -j NFQUEUE --queue-num 0 queues, or nfqueue:0-3");

    private static final Pattern NUMBERS = Pattern.compile("\\d{1,9}([-:]\\d{1,9})?(,\\d{1,9}([-:]\\d{1,9})?)*");
    private static final int MOST = 65535;

    private final String word;
    private final String noun;
    private final String advice;

    private InterfaceArgument(String word, String noun, String advice) {
        this.word = word;
        this.noun = noun;
        this.advice = advice;
    }

    /** An argument as it is written. */
    String example() {
        return word + ":" + noun.toUpperCase(Locale.ROOT);
    }

    /** The groups or queues of all arguments, in order. */
    public List<Integer> numbers(List<String> interfaces) throws Failure {
        Set<Integer> numbers = new LinkedHashSet<>();
        for (String argument : interfaces) {
            parse(argument, numbers);
        }
        return List.copyOf(numbers);
    }

    private void parse(String argument, Set<Integer> numbers) throws Failure {
        if (argument.equals(word)) {
            add(argument, 0, numbers);
            return;
        }
        other(argument);
        String rest = argument.startsWith(word + ":") ? argument.substring(word.length() + 1) : "";
        if (!NUMBERS.matcher(rest).matches()) {
            throw Failure.usage("-i " + argument + ": not known; " + advice);
        }
        for (String part : rest.split(",", -1)) {
            String[] ends = part.split("[-:]", 2);
            int first = number(argument, ends[0]);
            int last = number(argument, ends[ends.length - 1]);
            if (last < first) {
                throw Failure.usage("-i " + argument + ": the range " + part + " is empty");
            }
            for (int number = first; number <= last; number++) {
                add(argument, number, numbers);
            }
        }
    }

    /** Refuses groups where queues are expected, and the other way round. */
    private void other(String argument) throws Failure {
        if (this == GROUPS && argument.startsWith("nfqueue")) {
            throw Failure.usage("-i " + argument + ": capture reads NFLOG groups; nfkit queue -i " + argument
                    + " receives and decides queued packets");
        }
        if (this == QUEUES && argument.startsWith("nflog")) {
            throw Failure.usage("-i " + argument + ": queue decides packets of NFQUEUE queues; nfkit capture -i "
                    + argument + " captures logged packets");
        }
    }

    private void add(String argument, int number, Set<Integer> numbers) throws Failure {
        if (!numbers.add(number)) {
            throw Failure.usage("-i " + argument + ": " + noun + " " + number + " is given twice");
        }
    }

    private int number(String argument, String text) throws Failure {
        int number = Integer.parseInt(text);
        if (number > MOST) {
            throw Failure.usage("-i " + argument + ": " + noun + " " + number + " is out of range 0 to " + MOST);
        }
        return number;
    }
}
