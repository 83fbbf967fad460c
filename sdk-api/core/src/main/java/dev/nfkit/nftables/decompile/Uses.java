// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.statement.Assignment;
import dev.nfkit.nftables.statement.Meter;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.SetUpdate;
import dev.nfkit.nftables.statement.Statement;
import java.util.ArrayList;
import java.util.List;

/** The expressions that a statement reads from the packet or writes to it. */
final class Uses {
    private Uses() {}

    static List<Expression> of(Statement statement) {
        List<Expression> used = new ArrayList<>();
        if (statement instanceof Assignment assignment) {
            used.add(assignment.target());
            used.add(assignment.value());
        } else if (statement instanceof SetUpdate update) {
            used.add(update.key());
            update.data().ifPresent(used::add);
        } else if (statement instanceof Meter meter) {
            used.add(meter.key());
        } else if (statement instanceof Queue queue) {
            used.add(queue.number());
        } else if (statement instanceof ObjectStatement object && object.name() instanceof MapLookup lookup) {
            used.add(lookup.key());
        }
        return used;
    }
}
