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
        StatementPrinter printer = new StatementPrinter(family, new ExpressionPrinter(sets, host));
        String text = Canonical.of(family, statements).stream()
                .map(printer::statement)
                .collect(Collectors.joining(" "));
        return text + comment.map(each -> " comment \"" + each + '"').orElse("");
    }
}
