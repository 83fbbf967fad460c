package dev.nfkit.samples.cli.rules;

import dev.nfkit.nftables.Ruleset;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.run.Failure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code nfkit rules check}. */
@Command(
        name = "check",
        description = {
            "Reads a ruleset and compiles its rules, without privileges and without the kernel. Exit code: 0 if it",
            "is correct; 2 with line and column of the first error if not."
        },
        mixinStandardHelpOptions = true)
public final class RulesCheckCommand implements Callable<Integer> {
    @Mixin
    private RulesetFile file = new RulesetFile();

    @Override
    public Integer call() throws Failure {
        Ruleset ruleset = file.read();
        Messages.print(file + ": correct: " + RulesetFile.summary(ruleset));
        return 0;
    }
}
