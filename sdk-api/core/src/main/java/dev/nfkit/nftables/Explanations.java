package dev.nfkit.nftables;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.Refusal;
import dev.nfkit.RefusedChange;
import dev.nfkit.nftables.codec.AttributeNames;
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

    private static final String RULESET = "ruleset";

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
        return new RefusedChange(
                each.change(),
                words,
                reason.errno(),
                reason.kernelText().orElse(null),
                attribute,
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
        return change == null ? null : ObjectCauses.of(change, errno, attribute);
    }

    private @Nullable Cause permission(@Nullable Change change, KernelRefusedException reason) {
        KernelRefusedException explained = Refusals.explain(reason, RULESET, OptionalLong.empty(), false, kernel);
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
