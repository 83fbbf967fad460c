package dev.nfkit.nftables.codec;

import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Stateful.Connlimit;
import dev.nfkit.nftables.bytecode.Stateful.Last;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.ConnectionLimit;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.statement.LastUse;
import dev.nfkit.nftables.statement.Limit;
import dev.nfkit.nftables.statement.Quota;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Statements that keep a state, to instructions and back. */
public final class StateCodec {
    private StateCodec() {}

    /**
     * The instruction of a statement.
     *
     * @param state a counter, limit, quota, limit of connections or time of last use
     * @return the instruction
     * @throws IllegalArgumentException if it is another one
     */
    public static Instruction instruction(Stateful state) {
        if (state instanceof Counter counter) {
            return new dev.nfkit.nftables.bytecode.Stateful.Counter(counter.packets(), counter.bytes());
        }
        if (state instanceof Limit limit) {
            return new dev.nfkit.nftables.bytecode.Stateful.Limit(
                    limit.rate(),
                    limit.unit().seconds(),
                    limit.burst(),
                    limit.bytes(),
                    limit.over() ? dev.nfkit.nftables.bytecode.Stateful.Limit.INVERT : 0);
        }
        if (state instanceof Quota quota) {
            return new dev.nfkit.nftables.bytecode.Stateful.Quota(
                    quota.bytes(), quota.used(), quota.over() ? dev.nfkit.nftables.bytecode.Stateful.Quota.INVERT : 0);
        }
        if (state instanceof ConnectionLimit limit) {
            return new Connlimit(limit.count(), limit.over() ? Connlimit.INVERT : 0);
        }
        if (state instanceof LastUse last) {
            return new Last(last.used().map(Duration::toMillis).orElse(null));
        }
        throw new IllegalArgumentException(state + " cannot be kept by an element or object");
    }

    /**
     * The statement of an instruction.
     *
     * @param instruction the instruction
     * @return the statement; null if there is none for it
     */
    public static @Nullable Stateful statement(Instruction instruction) {
        try {
            return known(instruction);
        } catch (IllegalArgumentException e) {
            return null; // numbers that the statement cannot have
        }
    }

    private static @Nullable Stateful known(Instruction instruction) {
        if (instruction instanceof dev.nfkit.nftables.bytecode.Stateful.Counter counter) {
            return new Counter(counter.packets(), counter.bytes());
        }
        if (instruction instanceof dev.nfkit.nftables.bytecode.Stateful.Limit limit) {
            boolean over = (limit.flags() & dev.nfkit.nftables.bytecode.Stateful.Limit.INVERT) != 0;
            for (Limit.Unit unit : Limit.Unit.values()) {
                if (unit.seconds() == limit.unit()) {
                    return new Limit(limit.rate(), unit, limit.burst(), limit.ofBytes(), over);
                }
            }
            return null;
        }
        if (instruction instanceof dev.nfkit.nftables.bytecode.Stateful.Quota quota) {
            boolean over = (quota.flags() & dev.nfkit.nftables.bytecode.Stateful.Quota.INVERT) != 0;
            return new Quota(quota.bytes(), quota.consumed(), over);
        }
        if (instruction instanceof Connlimit limit) {
            return new ConnectionLimit(limit.count(), (limit.flags() & Connlimit.INVERT) != 0);
        }
        if (instruction instanceof Last last) {
            Long millis = last.millis();
            return new LastUse(millis == null ? Optional.empty() : Optional.of(Duration.ofMillis(millis)));
        }
        return null;
    }
}
