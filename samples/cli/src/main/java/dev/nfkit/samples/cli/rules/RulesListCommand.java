// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules;

import dev.nfkit.AddressFamily;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.TableId;
import dev.nfkit.samples.cli.arguments.NamespaceArgument;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nfkit rules list}. */
@Command(
        name = "list",
        description = "Prints the ruleset, or a table of it, as nft list ruleset does.",
        mixinStandardHelpOptions = true)
public final class RulesListCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..2",
            paramLabel = "FAMILY TABLE",
            description = "Only this table. Families: inet, ip, ip6, arp, bridge, netdev.")
    private List<String> table = List.of();

    @Option(
            names = "--json",
            description = "Prints one JSON object in the schema of libnftables-json(5), as nft -j list ruleset does.")
    private boolean json;

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Override
    public Integer call() throws Failure {
        TableId id = table("list", table);
        try (Nftables nftables = open(namespace)) {
            Ruleset ruleset;
            if (id == null) {
                ruleset = nftables.consistent((listing, generation) -> listing.ruleset());
            } else {
                ruleset = nftables.consistent((listing, generation) -> listing.ruleset(id));
                if (ruleset.tables().isEmpty()) {
                    throw Failure.running("there is no table " + id);
                }
            }
            TextOutput output = TextOutput.standard();
            String text = json ? ruleset.toJson() : ruleset.toText();
            for (String line : text.lines().toList()) {
                output.line(line);
            }
            output.flush();
            return 0;
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                return 0;
            }
            throw Failure.running(e);
        } catch (NetlinkException e) {
            throw Failure.running(e);
        }
    }

    /** Opens a client of the ruleset. */
    static Nftables open(NamespaceArgument namespace) throws Failure {
        try {
            return Nftables.open(namespace.transport());
        } catch (NetlinkException e) {
            throw Failure.usage(e);
        }
    }

    /** The table that a command's arguments name, or null if there are none. */
    static @Nullable TableId table(String command, List<String> words) throws Failure {
        if (words.size() == 1) {
            throw Failure.usage("rules " + command + ": expected FAMILY TABLE, or neither of them");
        }
        return words.isEmpty() ? null : id(words.get(0), words.get(1));
    }

    /** A table by family and name. */
    static TableId id(String family, String name) throws Failure {
        AddressFamily found = switch (family) {
            case "inet" -> AddressFamily.INET;
            case "ip" -> AddressFamily.IPV4;
            case "ip6" -> AddressFamily.IPV6;
            case "arp" -> AddressFamily.ARP;
            case "bridge" -> AddressFamily.BRIDGE;
            case "netdev" -> AddressFamily.NETDEV;
            default -> throw Failure.usage("family " + family + ": expected inet, ip, ip6, arp, bridge or netdev");
        };
        try {
            return new TableId(found, name);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(e);
        }
    }
}
