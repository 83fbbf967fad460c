// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.Statement;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Prints rules as {@code nft list ruleset} does, in one line, with the numbers of counters. */
public final class RulePrinter {
    private RulePrinter() {}

    /**
     * Prints a rule. Devices are those of this process's namespace.
     *
     * @param family the family of the rule's table
     * @param sets the sets of the table
     * @param statements the statements
     * @param comment the comment
     * @return the text, without a line end
     */
    public static String print(
            AddressFamily family, SetType.Lookup sets, List<Statement> statements, Optional<String> comment) {
        return print(family, sets, Host.CURRENT, statements, comment);
    }

    /**
     * Prints a rule.
     *
     * @param family the family of the rule's table
     * @param sets the sets of the table
     * @param host the devices and the time zone
     * @param statements the statements
     * @param comment the comment
     * @return the text, without a line end
     */
    public static String print(
            AddressFamily family,
            SetType.Lookup sets,
            Host host,
            List<Statement> statements,
            Optional<String> comment) {
        return print(family, new ExpressionPrinter(sets, host), statements, comment);
    }

    /**
     * Prints a rule as {@code nft -s list ruleset} does: without what it counted. Devices are those of this process's namespace.
     *
     * @param family the family of the rule's table
     * @param sets the sets of the table
     * @param statements the statements
     * @param comment the comment
     * @return the text, without a line end
     */
    public static String stateless(
            AddressFamily family, SetType.Lookup sets, List<Statement> statements, Optional<String> comment) {
        return print(family, new ExpressionPrinter(sets, Host.CURRENT, true), statements, comment);
    }

    private static String print(
            AddressFamily family, ExpressionPrinter expressions, List<Statement> statements, Optional<String> comment) {
        StatementPrinter printer = new StatementPrinter(family, expressions);
        String text = Canonical.of(family, statements).stream()
                .map(printer::statement)
                .collect(Collectors.joining(" "));
        return text + comment.map(each -> " comment \"" + each + '"').orElse("");
    }
}
