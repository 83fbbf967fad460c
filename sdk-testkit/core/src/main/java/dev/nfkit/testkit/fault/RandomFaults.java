// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

import dev.nfkit.Errno;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/** Chooses faults by a seed. */
final class RandomFaults {
    private static final int KINDS = 15;
    private static final int TRIES = 10_000;
    private static final int MOST_RULES = 3;
    private static final int MOST_FAULTS = 20;
    private static final int LAST_PLACE = 16;
    private static final double[] PROBABILITIES = {0.02, 0.1, 0.3, 1};

    private static final List<Errno> ERRORS = List.of(
            Errno.EPERM, Errno.EBUSY, Errno.ENOENT, Errno.EINVAL, Errno.ENOMEM, Errno.EOPNOTSUPP, Errno.ENOBUFS);
    private static final List<Errno> FAILURES =
            List.of(Errno.ENOBUFS, Errno.ENOMEM, Errno.EPERM, Errno.ECONNREFUSED, Errno.EINTR, Errno.EAGAIN);

    private final long seed;
    private final SplittableRandom random;

    RandomFaults(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    FaultPlan plan(Predicate<Fault> wanted) {
        FaultPlan plan = FaultPlan.seeded(seed);
        for (int rules = 1 + random.nextInt(MOST_RULES); rules > 0; rules--) {
            Fault fault = fault(wanted);
            plan = random.nextBoolean()
                    ? plan.at(1 + random.nextInt(LAST_PLACE), fault)
                    : plan.withProbability(PROBABILITIES[random.nextInt(PROBABILITIES.length)], fault);
        }
        return plan.limit(1 + random.nextInt(MOST_FAULTS));
    }

    private Fault fault(Predicate<Fault> wanted) {
        for (int i = 0; i < TRIES; i++) {
            Fault fault = any();
            if (wanted.test(fault)) {
                return fault;
            }
        }
        throw new IllegalArgumentException("none of " + TRIES + " faults is accepted");
    }

    /** The faults that a kernel can cause. A test requests by name those that only a bug of a transport causes. */
    private Fault any() {
        return switch (random.nextInt(KINDS)) {
            case 0 -> new Fault.Overrun(1 + random.nextInt(8));
            case 1 -> new Fault.Truncated(random.nextInt(128));
            case 2 -> new Fault.DelayedAcknowledgement(Duration.ofMillis(1L << random.nextInt(14)));
            case 3 -> new Fault.RefusedAcknowledgement(one(ERRORS), random.nextBoolean() ? "not today" : null);
            case 4 -> new Fault.MissingAcknowledgement();
            case 5 -> new Fault.ForeignSender();
            case 6 -> new Fault.Duplicated();
            case 7 -> new Fault.Reordered(1 + random.nextInt(4));
            // Half of the bits are in headers, where they have the largest effect.
            case 8 -> random.nextBoolean() ? new Fault.FlippedBit() : new Fault.FlippedBit(random.nextInt(36 * 8));
            case 9 -> new Fault.InterruptedDump();
            case 10 -> new Fault.Silence();
            case 11 -> new Fault.Closed();
            case 12 -> new Fault.FailedSend(one(FAILURES));
            case 13 -> new Fault.FailedOpen(one(FAILURES));
            default -> new Fault.FailedReceive(one(FAILURES));
        };
    }

    private Errno one(List<Errno> errors) {
        return errors.get(random.nextInt(errors.size()));
    }
}
