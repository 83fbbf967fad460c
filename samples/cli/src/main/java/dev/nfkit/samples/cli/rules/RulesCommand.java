// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code nfkit rules}. */
@Command(
        name = "rules",
        description = "Lists, checks, applies and monitors the rules of nftables, without nft and its library.",
        mixinStandardHelpOptions = true,
        subcommands = {
            RulesListCommand.class,
            RulesCheckCommand.class,
            RulesApplyCommand.class,
            RulesMonitorCommand.class
        })
public final class RulesCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected list, check, apply or monitor");
    }
}
