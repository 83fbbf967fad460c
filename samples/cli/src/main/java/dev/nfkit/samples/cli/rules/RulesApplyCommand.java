package dev.nfkit.samples.cli.rules;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.samples.cli.arguments.NamespaceArgument;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.run.Failure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code nfkit rules apply}. */
@Command(
        name = "apply",
        description = {
            "Adds a ruleset to the installed one, as nft -f does: all of it, or nothing. Rules are added after those",
            "that their chains have. Tables are not owned, so they stay."
        },
        mixinStandardHelpOptions = true)
public final class RulesApplyCommand implements Callable<Integer> {
    @Mixin
    private RulesetFile file = new RulesetFile();

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Override
    public Integer call() throws Failure {
        Ruleset ruleset = file.read();
        if (ruleset.tables().isEmpty()) {
            throw Failure.usage(file + ": there is no table in it");
        }
        try (Nftables nftables = RulesListCommand.open(namespace)) {
            nftables.commit(new Batch().add(ruleset));
            Messages.print("Applied " + file + ": " + RulesetFile.summary(ruleset));
            return 0;
        } catch (BatchRefusedException e) {
            throw Failure.running(file + ": nothing was applied: " + e.getMessage());
        } catch (NetlinkException e) {
            throw Failure.running(e.getMessage());
        }
    }
}
