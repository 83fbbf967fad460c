// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.Statement;
import java.util.List;

/** Prints rules as {@code nft -j list ruleset} does: the value of {@code expr}. */
public final class JsonRule {
    private JsonRule() {}

    /**
     * Prints the statements of a rule. Those that the schema of nft 1.0.6 has no form for, the updates of maps, are strings
     * in the language of nft, as nft prints them.
     *
     * @param family the family of the rule's table
     * @param sets the sets of the table
     * @param host the devices and the time zone
     * @param statements the statements
     * @return an array in one line
     */
    public static String print(AddressFamily family, SetType.Lookup sets, Host host, List<Statement> statements) {
        StatementPrinter texts = new StatementPrinter(family, new ExpressionPrinter(sets, host));
        return new JsonStatements(new JsonExpressions(host), texts).all(Canonical.of(family, statements));
    }

    /**
     * Prints the elements of a named set or map. Devices are those of this process's namespace.
     *
     * @param elements the elements, in any order
     * @return an array in one line
     */
    public static String elements(List<SetElement> elements) {
        JsonExpressions expressions = new JsonExpressions(Host.CURRENT);
        return Json.array(
                SetOrder.sorted(elements).stream().map(expressions::element).toList());
    }
}
