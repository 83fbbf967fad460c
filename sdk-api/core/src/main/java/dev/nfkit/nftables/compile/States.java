// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Stateful;
import dev.nfkit.nftables.statement.ConnectionLimit;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.statement.InvalidRuleException;
import dev.nfkit.nftables.statement.LastUse;
import dev.nfkit.nftables.statement.Limit;
import dev.nfkit.nftables.statement.Quota;
import java.time.Duration;
import java.util.List;

/** Statements with a state, which rules and elements of sets have. */
public final class States {
    private static final long INVERTED = 1;
    private static final long DEFAULT_BURST = 5;

    private States() {}

    /**
     * The instructions of the states of an element.
     *
     * @param states in order
     * @return an instruction for each
     */
    public static List<Instruction> of(List<dev.nfkit.nftables.expression.Stateful> states) {
        return states.stream().map(States::of).toList();
    }

    static Instruction of(dev.nfkit.nftables.expression.Stateful state) {
        if (state instanceof Counter counter) {
            return new Stateful.Counter(counter.packets(), counter.bytes());
        } else if (state instanceof Limit limit) {
            long burst = limit.burst() == 0 && !limit.bytes() ? DEFAULT_BURST : limit.burst();
            return new Stateful.Limit(
                    limit.rate(), limit.unit().seconds(), burst, limit.bytes(), limit.over() ? INVERTED : 0);
        } else if (state instanceof Quota quota) {
            return new Stateful.Quota(quota.bytes(), quota.used(), quota.over() ? INVERTED : 0);
        } else if (state instanceof ConnectionLimit limit) {
            return new Stateful.Connlimit(limit.count(), limit.over() ? INVERTED : 0);
        } else if (state instanceof LastUse last) {
            return new Stateful.Last(last.used().map(Duration::toMillis).orElse(null));
        }
        throw new InvalidRuleException("not a statement with a state: " + state);
    }
}
