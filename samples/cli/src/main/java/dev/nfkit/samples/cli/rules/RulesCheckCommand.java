// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.ReconcileOptions;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.RulesetObject;
import dev.nfkit.nftables.statement.RuleSyntaxException;
import dev.nfkit.samples.cli.arguments.NamespaceArgument;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.run.Failure;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nfkit rules check}. */
@Command(
        name = "check",
        description = {
            "Reads a ruleset and compiles its rules, without privileges and without the kernel.",
            "Exit code: 0 if it is correct; 2 with line and column of the first error if not; 1 if the kernel refuses it"
                    + " (--kernel)."
        },
        mixinStandardHelpOptions = true)
public final class RulesCheckCommand implements Callable<Integer> {
    @Mixin
    private RulesetFile file = new RulesetFile();

    @Option(
            names = "--kernel",
            description =
                    "Also lets the kernel execute what rules apply would change, and take it back. Nothing is changed, and "
                            + "no packet that waits in a queue is dropped.")
    private boolean kernel;

    @Option(names = "--json", description = "Prints the result as one JSON object.")
    private boolean json;

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Override
    public Integer call() throws Failure {
        if (!json) {
            Ruleset ruleset = file.read();
            correct(ruleset, kernel ? byKernel(ruleset) : List.of());
            return 0;
        }
        Ruleset ruleset;
        try {
            ruleset = file.parse();
        } catch (RuleSyntaxException e) {
            RulesReport.print(RulesReport.wrong(file, e));
            return Failure.USAGE;
        }
        try {
            List<RulesetObject> partly = kernel ? checked(ruleset) : List.of();
            RulesReport.print(RulesReport.correct(file, ruleset, kernel ? "kernel" : "nfkit", partly));
            return 0;
        } catch (BatchRefusedException e) {
            RulesReport.print(RulesReport.refused(file, e));
            return Failure.RUNNING;
        } catch (NetlinkException e) {
            throw Failure.running(e);
        }
    }

    private void correct(Ruleset ruleset, List<RulesetObject> partly) {
        for (RulesetObject object : partly) {
            Messages.print(object + " is new: the kernel finds loops of jumps, and statements that the hook does not "
                    + "permit, only when it is applied");
        }
        Messages.print(file + ": correct: " + RulesetFile.summary(ruleset));
    }

    private List<RulesetObject> byKernel(Ruleset ruleset) throws Failure {
        try {
            return checked(ruleset);
        } catch (BatchRefusedException e) {
            throw Failure.running(file + ": refused: " + e.getMessage(), e);
        } catch (NetlinkException e) {
            throw Failure.running(e);
        }
    }

    private List<RulesetObject> checked(Ruleset ruleset) throws Failure, NetlinkException {
        try (Nftables nftables = RulesListCommand.open(namespace)) {
            return nftables.check(ruleset, ReconcileOptions.DEFAULT).partlyChecked();
        } catch (IllegalArgumentException e) {
            throw Failure.usage(file + ": " + e.getMessage(), e);
        }
    }
}
