// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.statement.Statement;
import java.util.List;
import java.util.Optional;

/**
 * A rule as text has it.
 *
 * @param statements the statements
 * @param comment the comment
 * @param places the places that the statements were read from, one for each; empty if it was not read from text
 */
public record RuleText(List<Statement> statements, Optional<String> comment, List<Place> places) {
    /** Copies the lists. */
    public RuleText {
        statements = List.copyOf(statements);
        places = List.copyOf(places);
    }

    /**
     * A rule that was not read from text.
     *
     * @param statements the statements
     * @param comment the comment
     */
    public RuleText(List<Statement> statements, Optional<String> comment) {
        this(statements, comment, List.of());
    }
}
