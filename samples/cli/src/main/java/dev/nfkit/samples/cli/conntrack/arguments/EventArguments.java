// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.conntrack.event.ConntrackEventKind;
import dev.nfkit.conntrack.event.ConntrackEventOptions;
import dev.nfkit.samples.cli.arguments.NumberArgument;
import dev.nfkit.samples.cli.arguments.OptionNames;
import dev.nfkit.samples.cli.run.Failure;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of events. */
public final class EventArguments {
    private static final int BUFFER_MAX = (1 << 30) - 1;

    @Option(
            names = {"-e", "--event-mask"},
            split = ",",
            paramLabel = "EVENT",
            description = "With -E: NEW, UPDATES, DESTROY or ALL, the default.")
    private List<String> mask = List.of();

    @Option(
            names = {"-b", "--buffer-size"},
            paramLabel = "BYTES",
            description = "With -E: the receive buffer; 64 MiB by default, or less if the machine limits it.")
    private @Nullable String buffer;

    private Set<ConntrackEventKind> kinds(boolean expectations) throws Failure {
        Set<ConntrackEventKind> kinds = EnumSet.noneOf(ConntrackEventKind.class);
        for (String word : mask.isEmpty() ? List.of("ALL") : mask) {
            boolean all = word.equalsIgnoreCase("ALL");
            int before = kinds.size();
            if (all || word.equalsIgnoreCase("NEW")) {
                kinds.add(expectations ? ConntrackEventKind.EXPECTATION_NEW : ConntrackEventKind.NEW);
            }
            if (all || word.toUpperCase(Locale.ROOT).matches("UPDATES?|UPDATED")) {
                kinds.add(expectations ? ConntrackEventKind.EXPECTATION_UPDATED : ConntrackEventKind.UPDATED);
            }
            if (all || word.toUpperCase(Locale.ROOT).matches("DESTROY(ED)?")) {
                kinds.add(expectations ? ConntrackEventKind.EXPECTATION_DESTROYED : ConntrackEventKind.DESTROYED);
            }
            if (kinds.size() == before && !all && !known(word)) {
                throw Failure.usage("-e " + word + ": not known; give NEW, UPDATES, DESTROY or ALL");
            }
        }
        return kinds;
    }

    private static boolean known(String word) {
        return word.toUpperCase(Locale.ROOT).matches("NEW|UPDATES?|UPDATED|DESTROY(ED)?");
    }

    /** The options of the session. */
    public ConntrackEventOptions options(boolean expectations, @Nullable EntrySelection selection) throws Failure {
        List<ConntrackEventKind> kinds = new ArrayList<>(kinds(expectations));
        ConntrackEventOptions.Builder options = ConntrackEventOptions.builder()
                .kinds(kinds.get(0), kinds.subList(1, kinds.size()).toArray(ConntrackEventKind[]::new));
        if (selection != null && !selection.filter().isAll()) {
            options.filter(selection.filter());
        }
        try {
            if (buffer != null) {
                options.receiveBuffer((int) NumberArgument.parse("-b", buffer, BUFFER_MAX));
            }
            return options.build();
        } catch (IllegalArgumentException e) {
            throw Failure.usage(OptionNames.in(e.getMessage(), "-b"), e);
        }
    }

    /** Whether a receive buffer size is given. */
    public boolean hasBuffer() {
        return buffer != null;
    }
}
