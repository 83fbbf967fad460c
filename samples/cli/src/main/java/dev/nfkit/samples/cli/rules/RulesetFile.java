// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules;

import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.statement.RuleSyntaxException;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** A file with a ruleset in the language of nft. */
public final class RulesetFile {
    @Parameters(
            index = "0",
            paramLabel = "FILE",
            description = "Blocks of tables, as nft list ruleset prints them; - for standard input.")
    private Path file = Path.of("-");

    /** Reads the file; an error of syntax ends the command with its line and column. */
    Ruleset read() throws Failure {
        try {
            return parse();
        } catch (RuleSyntaxException e) {
            throw Failure.usage(
                    file + ": line " + e.line() + ", column " + e.column() + ": " + e.expected() + ", found "
                            + e.found(),
                    e);
        }
    }

    /** Reads the file, and throws an error of syntax as it is. */
    Ruleset parse() throws Failure {
        String text;
        try {
            text = "-".equals(file.toString())
                    ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
                    : Files.readString(file);
        } catch (IOException e) {
            throw Failure.usage(file + ": " + WriteFailure.reason(e), e);
        }
        return Ruleset.parse(text);
    }

    /** The file's name, for messages. */
    @Override
    public String toString() {
        return file.toString();
    }

    /** The number of tables and rules, for messages. */
    static String summary(Ruleset ruleset) {
        long rules = ruleset.tables().stream()
                .mapToLong(table -> table.rules().size())
                .sum();
        int tables = ruleset.tables().size();
        return tables + (tables == 1 ? " table, " : " tables, ") + rules + (rules == 1 ? " rule" : " rules");
    }
}
