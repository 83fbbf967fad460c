package dev.nfkit.nftables.text;

import dev.nfkit.nftables.statement.Statement;
import java.util.List;
import java.util.Optional;

/**
 * A rule that was read from text.
 *
 * @param statements the statements
 * @param comment the comment
 */
public record RuleText(List<Statement> statements, Optional<String> comment) {
    /** Copies the statements. */
    public RuleText {
        statements = List.copyOf(statements);
    }
}
