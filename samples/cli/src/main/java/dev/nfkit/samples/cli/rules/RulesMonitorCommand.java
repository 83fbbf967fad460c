// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.NftablesEventOptions;
import dev.nfkit.nftables.NftablesEvents;
import dev.nfkit.nftables.TableId;
import dev.nfkit.samples.cli.arguments.NamespaceArgument;
import dev.nfkit.samples.cli.arguments.NumberArgument;
import dev.nfkit.samples.cli.arguments.OptionNames;
import dev.nfkit.samples.cli.run.Ending;
import dev.nfkit.samples.cli.run.Failure;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nfkit rules monitor}. */
@Command(
        name = "monitor",
        description = {
            "Prints what any process changes in the ruleset, as nft monitor does, until it is stopped.",
            "A line begins with # after the changes of each transaction, and where changes were lost."
        },
        mixinStandardHelpOptions = true)
public final class RulesMonitorCommand implements Callable<Integer> {
    private static final int BUFFER_MAX = (1 << 30) - 1;

    @Parameters(
            arity = "0..2",
            paramLabel = "FAMILY TABLE",
            description = "Only changes of this table. Families: inet, ip, ip6, arp, bridge, netdev.")
    private List<String> table = List.of();

    @Option(
            names = {"-b", "--buffer-size"},
            paramLabel = "BYTES",
            description = "The receive buffer; 64 MiB by default, or less if the machine limits it.")
    private @Nullable String buffer;

    @Option(
            names = "--json",
            description = "Prints one JSON object a line, as nft -j monitor does, and one where changes were lost.")
    private boolean json;

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Override
    public Integer call() throws Failure {
        NftablesEventOptions.Builder options = NftablesEventOptions.builder();
        TableId only = RulesListCommand.table("monitor", table);
        if (only != null) {
            options.table(only);
        }
        NftablesEvents events;
        try {
            if (buffer != null) {
                options.receiveBuffer((int) NumberArgument.parse("-b", buffer, BUFFER_MAX));
            }
            events = NftablesEvents.open(namespace.transport(), options.build());
        } catch (IllegalArgumentException e) {
            throw Failure.usage(OptionNames.in(e.getMessage(), "-b"), e);
        } catch (NetlinkException e) {
            throw Failure.usage(e);
        }
        RulesMonitoring monitoring = new RulesMonitoring(events, json);
        return Ending.during(events::stop, "nfkit rules: listening", monitoring::await);
    }
}
