// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.Hash;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.statement.Assignment;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Meter;
import dev.nfkit.nftables.statement.Nat;
import dev.nfkit.nftables.statement.SetUpdate;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.VerdictLookup;
import java.util.ArrayList;
import java.util.List;

/** The selectors in a statement. */
final class Reads {
    private Reads() {}

    /** What a statement reads from the packet, and the field that it changes. */
    static List<Expression> of(Statement statement) {
        List<Expression> found = new ArrayList<>();
        if (statement instanceof Match match) {
            add(found, match.left());
        } else if (statement instanceof VerdictLookup lookup) {
            add(found, lookup.key());
        } else if (statement instanceof Assignment assignment) {
            if (!(assignment.target() instanceof ExtensionField)) {
                add(found, assignment.target());
            }
            add(found, assignment.value());
        } else if (statement instanceof SetUpdate update) {
            add(found, update.key());
            update.data().ifPresent(data -> add(found, data));
        } else if (statement instanceof Meter meter) {
            add(found, meter.key());
        } else if (statement instanceof Nat nat) {
            nat.addresses().ifPresent(addresses -> add(found, addresses));
            nat.ports().ifPresent(ports -> add(found, ports));
        }
        return found;
    }

    private static void add(List<Expression> found, Expression expression) {
        if (expression instanceof BinaryExpression binary) {
            add(found, binary.left());
            add(found, binary.right());
        } else if (expression instanceof Concatenation concatenation) {
            concatenation.parts().forEach(part -> add(found, part));
        } else if (expression instanceof MapLookup lookup) {
            add(found, lookup.key());
        } else if (expression instanceof Hash hash) {
            add(found, hash.of());
        } else {
            found.add(expression);
        }
    }
}
