package dev.nfkit.samples.cli;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What stands behind {@code -i}: as libpcap writes it, {@code nflog:30}, {@code nflog:30,31} or {@code nflog}. */
final class InterfaceArgument {
    private static final String PREFIX = "nflog:";
    private static final Pattern NUMBERS = Pattern.compile("\\d{1,9}(,\\d{1,9})*");

    private InterfaceArgument() {}

    /** The groups of all interfaces, in their order. */
    static List<Integer> groups(List<String> interfaces) throws Failure {
        Set<Integer> groups = new LinkedHashSet<>();
        for (String argument : interfaces) {
            for (int group : parse(argument)) {
                if (!groups.add(group)) {
                    throw Failure.usage("-i " + argument + ": group " + group + " stands twice");
                }
            }
        }
        return List.copyOf(groups);
    }

    private static List<Integer> parse(String argument) throws Failure {
        if (argument.equals("nflog")) {
            return List.of(0);
        }
        String numbers = argument.startsWith(PREFIX) ? argument.substring(PREFIX.length()) : "";
        if (!NUMBERS.matcher(numbers).matches()) {
            throw Failure.usage("-i " + argument + ": not known; give nflog:GROUP, such as nflog:30 for what a rule"
                    + " with -j NFLOG --nflog-group 30 logs");
        }
        List<Integer> groups = Pattern.compile(",")
                .splitAsStream(numbers)
                .map(Integer::valueOf)
                .toList();
        for (int group : groups) {
            if (group > 65535) {
                throw Failure.usage("-i " + argument + ": group " + group + " is out of 0 to 65535");
            }
        }
        return groups;
    }
}
