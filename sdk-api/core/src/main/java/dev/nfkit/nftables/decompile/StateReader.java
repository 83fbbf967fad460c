// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Stateful;
import dev.nfkit.nftables.statement.ConnectionLimit;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.statement.LastUse;
import dev.nfkit.nftables.statement.Limit;
import dev.nfkit.nftables.statement.Quota;
import dev.nfkit.nftables.statement.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** Reads the instructions that keep a state, in rules and in elements of sets. */
final class StateReader {
    private static final long INVERTED = 1;
    /** What the kernel remembers of a quota. */
    private static final long DEPLETED = 2;

    private StateReader() {}

    static Statement read(Stateful instruction) {
        return (Statement) state(instruction);
    }

    static dev.nfkit.nftables.expression.Stateful nested(Instruction instruction) {
        if (instruction instanceof Stateful stateful) {
            return state(stateful);
        }
        throw LoadReader.unknown("state", instruction.name());
    }

    private static dev.nfkit.nftables.expression.Stateful state(Stateful instruction) {
        if (instruction instanceof Stateful.Counter counter) {
            return new Counter(counter.packets(), counter.bytes());
        } else if (instruction instanceof Stateful.Limit limit) {
            LoadReader.requireFlags("a limit", limit.flags(), INVERTED);
            Limit.Unit unit = Arrays.stream(Limit.Unit.values())
                    .filter(candidate -> candidate.seconds() == limit.unit())
                    .findFirst()
                    .orElseThrow(() -> LoadReader.unknown("unit of time", limit.unit()));
            return new Limit(limit.rate(), unit, limit.burst(), limit.ofBytes(), (limit.flags() & INVERTED) != 0);
        } else if (instruction instanceof Stateful.Quota quota) {
            LoadReader.requireFlags("a quota", quota.flags(), INVERTED | DEPLETED);
            return new Quota(quota.bytes(), quota.consumed(), (quota.flags() & INVERTED) != 0);
        } else if (instruction instanceof Stateful.Last last) {
            return new LastUse(Optional.ofNullable(last.millis()).map(Duration::ofMillis));
        }
        Stateful.Connlimit limit = (Stateful.Connlimit) instruction;
        LoadReader.requireFlags("a limit of connections", limit.flags(), INVERTED);
        return new ConnectionLimit(limit.count(), (limit.flags() & INVERTED) != 0);
    }
}
