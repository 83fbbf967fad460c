// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A plan in progress. It counts events, decides to which ones a fault applies, and records the faults. Any thread. */
final class Injector {
    private final FaultPlan plan;
    private final Map<FaultEvent, Stream> streams = new EnumMap<>(FaultEvent.class);
    private final List<InjectedFault> done = new ArrayList<>();

    /** One kind of event. It has its own random generator, so that sending threads do not affect receiving ones. */
    private static final class Stream {
        final List<FaultPlan.Rule> rules;
        final SplittableRandom random;
        long count;

        Stream(FaultPlan plan, FaultEvent event) {
            this.rules = plan.rules(event);
            this.random = new SplittableRandom(plan.seed() * 31 + event.name().hashCode());
        }
    }

    Injector(FaultPlan plan) {
        this.plan = plan;
    }

    /**
     * Counts an event, which may be of several kinds.
     *
     * @param portId the socket's address, or 0
     * @param bits the number of bits in the datagram
     * @param events its kinds, the more special one first
     * @return the fault that applies to it, or null
     */
    synchronized @Nullable Fault next(long portId, int bits, FaultEvent... events) {
        Fault met = null;
        for (FaultEvent event : events) {
            Stream stream = streams.computeIfAbsent(event, kind -> new Stream(plan, kind));
            stream.count++;
            if (met == null && done.size() < plan.limit()) {
                met = draw(stream, bits);
                if (met != null) {
                    done.add(new InjectedFault(met, stream.count, portId));
                }
            }
        }
        return met;
    }

    private static @Nullable Fault draw(Stream stream, int bits) {
        for (FaultPlan.Rule rule : stream.rules) {
            boolean hit = rule.at() > 0 ? rule.at() == stream.count : stream.random.nextDouble() < rule.probability();
            if (hit && !(rule.fault() instanceof Fault.FlippedBit && bits == 0)) {
                return rule.fault() instanceof Fault.FlippedBit flip ? which(flip, stream, bits) : rule.fault();
            }
        }
        return null;
    }

    private static Fault which(Fault.FlippedBit flip, Stream stream, int bits) {
        int bit = flip.bit() == Fault.FlippedBit.ANY ? stream.random.nextInt(bits) : flip.bit() % bits;
        return new Fault.FlippedBit(bit);
    }

    synchronized List<InjectedFault> done() {
        return List.copyOf(done);
    }
}
