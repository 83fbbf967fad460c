// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.BaseChainRemovalException;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.Difference;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.ReconcileOptions;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.statement.RuleSyntaxException;
import dev.nfkit.samples.cli.arguments.NamespaceArgument;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nfkit rules apply}. */
@Command(
        name = "apply",
        description = {
            "Makes the tables of a file what the file contains, and does not touch other tables.",
            "Only what differs is changed, in one transaction: chains, rules, sets and counters that are in both stay as"
                    + " they are, so that no packet that waits in a queue is lost. Sets with the flag dynamic or timeout, and sets"
                    + " without elements in the file, keep their elements. Tables are not owned, so they stay after the end of this"
                    + " command."
        },
        mixinStandardHelpOptions = true)
public final class RulesApplyCommand implements Callable<Integer> {
    @Mixin
    private RulesetFile file = new RulesetFile();

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Option(names = "--dry-run", description = "Only prints what would be changed, as commands of nft.")
    private boolean dryRun;

    @Option(
            names = "--json",
            description = "Prints the changes as one JSON object, as nft -j -f reads them, or what the kernel refuses.")
    private boolean json;

    @Option(
            names = "--add",
            description =
                    "Adds the ruleset to the installed one, as nft -f does: rules are added after those that their "
                            + "chains have.")
    private boolean add;

    @Option(names = "--exact", description = "Removes elements that the file does not contain from all sets.")
    private boolean exact;

    @Option(
            names = "--keep-base-chains",
            description =
                    "Changes nothing if a base chain would be removed, which drops the packets that wait in queues.")
    private boolean keepBaseChains;

    @Option(
            names = "--remove",
            paramLabel = "'FAMILY TABLE'",
            description = "Also removes this table, if it exists. May be repeated.")
    private List<String> removed = List.of();

    @Override
    public Integer call() throws Failure {
        Ruleset ruleset;
        try {
            ruleset = json ? file.parse() : file.read();
        } catch (RuleSyntaxException e) {
            RulesReport.print(RulesReport.wrong(file, e));
            return Failure.USAGE;
        }
        if (ruleset.tables().isEmpty()) {
            throw Failure.usage(file + ": there is no table in it");
        }
        ReconcileOptions options = options();
        if (add && (dryRun || json || !options.equals(ReconcileOptions.DEFAULT))) {
            throw Failure.usage("--add has no other options");
        }
        try (Nftables nftables = RulesListCommand.open(namespace)) {
            if (add) {
                nftables.commit(new Batch().add(ruleset));
                Messages.print("Applied " + file + ": " + RulesetFile.summary(ruleset));
            } else if (dryRun) {
                show(nftables.difference(ruleset, options));
            } else {
                Difference difference = nftables.reconcile(ruleset, options).difference();
                if (json) {
                    show(difference);
                } else {
                    difference.kept().forEach(Messages::print);
                }
                Messages.print("Applied " + file + ": " + RulesetFile.summary(ruleset) + ", " + difference);
            }
            return 0;
        } catch (IllegalArgumentException e) {
            throw Failure.usage(file + ": " + e.getMessage(), e);
        } catch (BaseChainRemovalException e) {
            throw Failure.running(file + ": nothing was applied: " + e.getMessage(), e);
        } catch (BatchRefusedException e) {
            if (json) {
                RulesReport.print(RulesReport.refused(file, e));
                return Failure.RUNNING;
            }
            throw Failure.running(file + ": nothing was applied: " + e.getMessage(), e);
        } catch (NetlinkException e) {
            throw Failure.running(e);
        }
    }

    private ReconcileOptions options() throws Failure {
        ReconcileOptions options = ReconcileOptions.DEFAULT;
        for (String table : removed) {
            String[] words = table.trim().split("\\s+", -1);
            if (words.length != 2) {
                throw Failure.usage("--remove " + table + ": expected FAMILY TABLE, such as 'inet old'");
            }
            options = options.remove(RulesListCommand.id(words[0], words[1]));
        }
        options = exact ? options.exactElements() : options;
        return keepBaseChains ? options.keepBaseChains() : options;
    }

    private void show(Difference difference) throws Failure {
        if (json) {
            RulesReport.print(difference.toJson());
            difference.kept().forEach(Messages::print);
        } else {
            print(difference);
        }
    }

    /** Prints the changes; what stays although it differs is a message. */
    private static void print(Difference difference) throws Failure {
        try {
            TextOutput output = TextOutput.standard();
            for (Difference.Command command : difference.commands()) {
                output.line(command.toString());
            }
            output.flush();
        } catch (WriteFailure e) {
            if (!e.readerGone()) {
                throw Failure.running(e);
            }
        }
        difference.kept().forEach(Messages::print);
    }
}
