// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackInfo;
import dev.nfkit.nftables.TableId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A path whose end has not come. */
final class OpenPath {
    private static final int MOST_STEPS = 4096;

    /** A pass whose end has not come, or the last one. */
    private static final class OpenPass {
        final TableId table;
        final @Nullable TraceStep description;
        final List<PathStep> steps = new ArrayList<>();

        @Nullable
        String base;

        @Nullable
        ChainPlace place;

        @Nullable
        TraceVerdict verdict;

        long omitted;

        OpenPass(TableId table, @Nullable TraceStep description) {
            this.table = table;
            this.description = description;
        }

        /** The base chain is the one that has a hook, or whose policy decides. */
        void locate(PathStep step, BaseChains chains) {
            if (place == null) {
                place = chains.place(table, step.chain()).orElse(null);
            }
            if (base == null && (place != null || step.type() == TraceType.POLICY)) {
                base = step.chain();
            }
        }

        ChainPass close() {
            return new ChainPass(
                    table,
                    Optional.ofNullable(base),
                    Optional.ofNullable(place),
                    Optional.ofNullable(description),
                    steps,
                    omitted,
                    Optional.ofNullable(verdict));
        }
    }

    final long id;
    private final AddressFamily protocol;
    private final List<OpenPass> passes = new ArrayList<>();
    private final Set<BaseChains.Key> passed = new HashSet<>();
    private boolean complete = true;
    private long lastNanos;
    private int kept;
    private long omitted;
    /** Whether the packet may come to chains that translate addresses. */
    private boolean translates = true;

    OpenPath(long id, AddressFamily protocol) {
        this.id = id;
        this.protocol = protocol;
    }

    private OpenPass last() {
        return passes.get(passes.size() - 1);
    }

    /** Whether a step that begins a pass belongs to another packet, because this one cannot come there. */
    boolean endsBefore(TraceStep step, BaseChains chains) {
        OpenPass last = last();
        if (last.verdict == null) {
            return last.table.equals(step.table()) && !last.steps.isEmpty();
        }
        if (last.verdict.kind() == TraceVerdict.Kind.QUEUE) {
            return false; // its verdict may repeat the hook
        }
        TableId table = step.table();
        String chain = step.chain();
        if (passed.contains(new BaseChains.Key(table, chain))) {
            return true;
        }
        ChainPlace place = chains.place(table, chain).orElse(null);
        return place != null && last.place != null && !last.place.leadsTo(place);
    }

    /** Adds a step. Returns whether the path has ended with it. */
    boolean add(TraceStep step, BaseChains chains, long now) {
        lastNanos = now;
        boolean begins = step.describesPacket();
        if (begins || passes.isEmpty() || last().verdict != null) {
            begin(step, begins);
        }
        OpenPass pass = last();
        PathStep taken = PathStep.of(step);
        pass.locate(taken, chains);
        TraceVerdict verdict = taken.verdict();
        boolean decides = taken.type() == TraceType.POLICY || verdict.decides();
        if (kept < MOST_STEPS || decides) {
            pass.steps.add(taken);
            kept++;
        } else {
            pass.omitted++;
            omitted++;
        }
        if (!decides) {
            return false;
        }
        pass.verdict = verdict;
        if (pass.base != null) {
            passed.add(new BaseChains.Key(pass.table, pass.base));
        }
        return switch (verdict.kind()) {
            case DROP, STOLEN -> true;
            case QUEUE -> false;
            default -> !chains.mayContinue(passed, pass.place, protocol, translates);
        };
    }

    private void begin(TraceStep step, boolean described) {
        boolean lost = !described || (!passes.isEmpty() && last().verdict == null);
        complete &= !lost;
        if (described && step.has(TraceAttribute.CT_STATE)) {
            ConntrackInfo state = step.connectionInfo().state();
            translates = state == ConntrackInfo.NEW || state == ConntrackInfo.RELATED;
        }
        passes.add(new OpenPass(step.table(), described ? step.copy() : null));
    }

    /** Messages were lost that may have been of this packet. */
    void lossy() {
        complete = false;
    }

    long lastNanos() {
        return lastNanos;
    }

    /** The number of steps that are in memory. */
    int size() {
        return kept;
    }

    long omitted() {
        return omitted;
    }

    boolean queued() {
        TraceVerdict verdict = last().verdict;
        return verdict != null && verdict.kind() == TraceVerdict.Kind.QUEUE;
    }

    /** The path until now. If it is cut, more of it may come. */
    PacketPath close(boolean cut) {
        TraceVerdict verdict = last().verdict;
        PacketPath.Outcome outcome;
        if (verdict == null) {
            outcome = PacketPath.Outcome.UNFINISHED;
        } else {
            outcome = switch (verdict.kind()) {
                case DROP -> PacketPath.Outcome.DROPPED;
                case STOLEN -> PacketPath.Outcome.STOLEN;
                case QUEUE -> PacketPath.Outcome.QUEUED;
                default -> cut ? PacketPath.Outcome.UNFINISHED : PacketPath.Outcome.ACCEPTED;
            };
        }
        return new PacketPath(
                id,
                protocol,
                passes.stream().map(OpenPass::close).toList(),
                outcome,
                complete && outcome != PacketPath.Outcome.UNFINISHED);
    }
}
