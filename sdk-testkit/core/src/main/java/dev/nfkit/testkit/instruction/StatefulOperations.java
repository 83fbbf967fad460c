// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Stateful;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;

/** Instructions that have a state: counters, limits, quotas and the last use. */
final class StatefulOperations {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;
    private static final int USUAL_BURST = 5;

    private StatefulOperations() {}

    static Operation of(Stateful stateful) {
        if (stateful instanceof Stateful.Counter counter) {
            return new Counter(counter);
        } else if (stateful instanceof Stateful.Limit limit) {
            return new Limit(limit);
        } else if (stateful instanceof Stateful.Quota quota) {
            return new Quota(quota);
        } else if (stateful instanceof Stateful.Last last) {
            return new Last(last);
        }
        return new Plain(stateful, frame -> {
            throw new NotModelled("a limit of connections (ct count)");
        });
    }

    private static final class Counter extends Operation {
        private long packets;
        private long bytes;

        Counter(Stateful.Counter counter) {
            super(counter);
            packets = counter.packets();
            bytes = counter.bytes();
        }

        @Override
        public void run(Frame frame) {
            packets++;
            bytes += frame.packet.bytes.length;
        }

        @Override
        public Stateful.Counter dumped() {
            return new Stateful.Counter(packets, bytes);
        }

        @Override
        public void reset() {
            packets = 0;
            bytes = 0;
        }
    }

    /** A bucket of tokens, each of them a nanosecond ({@code nft_limit.c}). */
    private static final class Limit extends Operation {
        private final Stateful.Limit limit;
        private final long nanos;
        private final long most;
        private long tokens;
        private long last;
        private boolean used;

        Limit(Stateful.Limit limit) {
            super(limit);
            nanos = limit.unit() * SECOND;
            long burst = limit.burst() == 0 && !limit.ofBytes() ? USUAL_BURST : limit.burst();
            this.limit = new Stateful.Limit(limit.rate(), limit.unit(), burst, limit.ofBytes(), limit.flags());
            long rate = limit.rate();
            most = limit.ofBytes() ? Math.multiplyExact(nanos, rate + burst) / rate : nanos / rate * burst;
            tokens = most;
        }

        @Override
        public void run(Frame frame) {
            long now = frame.around.now();
            long cost = limit.ofBytes() ? nanos * frame.packet.bytes.length / limit.rate() : nanos / limit.rate();
            long available = Math.min(most, used ? tokens + now - last : most);
            used = true;
            last = now;
            boolean below = available >= cost;
            tokens = below ? available - cost : available;
            boolean inverted = (limit.flags() & Stateful.Limit.INVERT) != 0;
            if (below == inverted) {
                frame.mismatch();
            }
        }

        @Override
        public Stateful.Limit dumped() {
            return limit;
        }
    }

    private static final class Quota extends Operation {
        private Stateful.Quota quota;
        private long consumed;

        Quota(Stateful.Quota quota) {
            super(quota);
            this.quota = quota;
            consumed = quota.consumed();
        }

        @Override
        public void run(Frame frame) {
            consumed += frame.packet.bytes.length;
            boolean over = Long.compareUnsigned(consumed, quota.bytes()) > 0;
            if (over != ((quota.flags() & Stateful.Quota.INVERT) != 0)) {
                frame.mismatch();
            }
        }

        @Override
        public Stateful.Quota dumped() {
            // The kernel shows no more than the quota, and then that it is depleted.
            boolean depleted = Long.compareUnsigned(consumed, quota.bytes()) >= 0;
            long flags = quota.flags() & Stateful.Quota.INVERT;
            return new Stateful.Quota(
                    quota.bytes(),
                    depleted ? quota.bytes() : consumed,
                    flags | (depleted ? Stateful.Quota.DEPLETED : 0));
        }

        @Override
        public void update(Instruction changed) {
            if (changed instanceof Stateful.Quota other) {
                quota = other;
            }
        }

        @Override
        public void reset() {
            consumed = 0;
        }
    }

    private static final class Last extends Operation {
        private boolean used;
        private long at;
        private long now;

        Last(Stateful.Last last) {
            super(last);
        }

        @Override
        public void run(Frame frame) {
            used = true;
            at = frame.around.now();
            now = at;
        }

        @Override
        public Stateful.Last dumped() {
            return new Stateful.Last(used ? (now - at) / MILLI : null);
        }
    }
}
