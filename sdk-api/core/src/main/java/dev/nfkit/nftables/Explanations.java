// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.Refusal;
import dev.nfkit.RefusedChange;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.codec.AttributeNames;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.Probe;
import dev.nfkit.nftables.text.Place;
import dev.nfkit.session.BatchAnswer;
import dev.nfkit.session.Refusals;
import dev.nfkit.socket.KernelView;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Determines the causes of refused changes. */
final class Explanations {
    /** A cause and its cure. */
    record Cause(Refusal refusal, String cure) {}

    private final KernelView kernel;

    Explanations(KernelView kernel) {
        this.kernel = kernel;
    }

    BatchRefusedException refused(String what, List<Change> changes, BatchAnswer answer) {
        List<RefusedChange> refused = new ArrayList<>();
        for (BatchAnswer.Refused each : answer.refused()) {
            boolean whole = each.change() < 0;
            refused.add(explain(
                    whole ? what : changes.get(each.change()).toString(),
                    whole ? null : changes.get(each.change()),
                    each));
        }
        return new BatchRefusedException(
                refused, answer.refused().get(0).reason().offset(), answer.complete());
    }

    private RefusedChange explain(String words, @Nullable Change change, BatchAnswer.Refused each) {
        KernelRefusedException reason = each.reason();
        String attribute = each.place().path().isEmpty()
                ? null
                : AttributeNames.of(each.type(), each.place().path());
        Cause cause = cause(change, each, attribute == null ? "" : attribute);
        Place place = place(change, each);
        return new RefusedChange(
                each.change(),
                words,
                reason.errno(),
                reason.kernelText().orElse(null),
                attribute,
                place == null ? null : new RefusedChange.Place(place.line(), place.column(), place.text()),
                cause == null ? reason.refusal() : cause.refusal,
                cause == null ? null : cause.cure);
    }

    private @Nullable Cause cause(@Nullable Change change, BatchAnswer.Refused each, String attribute) {
        KernelRefusedException reason = each.reason();
        Errno errno = reason.errno();
        if (errno.equals(Errno.EPERM)) {
            return permission(change, reason);
        }
        if (errno.equals(Errno.ENOMEM)) {
            return new Cause(Refusal.UNKNOWN, "the kernel has no memory for it");
        }
        if (change != null && change.object() instanceof SetElements elements) {
            return ElementCauses.of(
                    change, elements, errno, attribute, each.place().value());
        }
        if (change != null && change.object() instanceof Rule rule) {
            if (each.type() == MessageTypes.NEWSETELEM && errno.equals(Errno.ENOENT)) {
                return new Cause(
                        Refusal.NOT_FOUND,
                        "a chain that a verdict map of the rule has does not exist; add it first, in the same batch");
            }
            Instruction instruction = rule.body().instruction(instruction(each));
            Cause cause = instruction == null ? null : InstructionCauses.of(rule, errno, instruction);
            if (cause != null) {
                return cause;
            }
        }
        return change == null ? null : ObjectCauses.of(change, errno, attribute);
    }

    private static @Nullable Place place(@Nullable Change change, BatchAnswer.Refused each) {
        if (change == null) {
            return null;
        }
        return change.object() instanceof Rule rule ? rule.body().place(instruction(each)) : change.place();
    }

    /** The index of the refused instruction of a rule; past the last one if it is none. */
    private static int instruction(BatchAnswer.Refused each) {
        boolean known = each.type() == MessageTypes.NEWRULE
                && each.place().path().size() > 1
                && each.place().path().get(0) == Nfta.RULE_EXPRESSIONS;
        return known ? each.place().indexes().get(1) : Integer.MAX_VALUE;
    }

    private @Nullable Cause permission(@Nullable Change change, KernelRefusedException reason) {
        KernelRefusedException explained = Refusals.explain(reason, Probe.TABLE, OptionalLong.empty(), false, kernel);
        if (explained.cure().isPresent()) {
            return new Cause(explained.refusal(), explained.cure().get());
        }
        if (change == null) {
            return null;
        }
        return new Cause(
                Refusal.OWNED_BY_ANOTHER,
                "table " + change.object().table()
                        + " belongs to another socket (flag owner), which alone can change it; "
                        + "use a table of your own, or stop its owner");
    }
}
