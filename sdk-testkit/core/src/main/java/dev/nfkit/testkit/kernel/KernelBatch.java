// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import dev.nfkit.Errno;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A datagram that begins with {@code NFNL_MSG_BATCH_BEGIN}: all of its changes, or none, and one answer for each refused
 * message ({@code nfnetlink_rcv_skb_batch}). Requires the clock's lock.
 */
final class KernelBatch {
    /** An answer to a message; without a refusal it acknowledges. */
    record Answer(ParsedMessage request, @Nullable Refused refusal) {}

    private final KernelSocket socket;
    private final Subsystem subsystem;
    private final List<Answer> answers = new ArrayList<>();

    KernelBatch(KernelSocket socket, Subsystem subsystem) {
        this.socket = socket;
        this.subsystem = subsystem;
    }

    /**
     * Executes a batch.
     *
     * @param intercepted returns whether a rule of the test answered a message
     */
    List<Answer> run(List<ParsedMessage> messages, Predicate<ParsedMessage> intercepted) {
        ParsedMessage begin = messages.get(0);
        long generation =
                begin.attribute(Netlink.NFNL_BATCH_GENID).map(id -> id.u32(0)).orElse(0L);
        if (generation != 0 && !subsystem.current(generation)) {
            return List.of(new Answer(begin, new Refused(Errno.ERESTART)));
        }
        boolean complete = false;
        boolean failed = false;
        acknowledge(begin);
        for (ParsedMessage message : messages.subList(1, messages.size())) {
            if (message.type() == Netlink.NFNL_MSG_BATCH_END) {
                complete = true;
                break;
            }
            if (intercepted.test(message)) {
                continue;
            }
            try {
                execute(message);
                acknowledge(message);
            } catch (Refused e) {
                failed = true;
                answers.add(new Answer(message, e));
            }
        }
        if (complete && !failed) {
            try {
                subsystem.commit(socket, begin);
                return answers;
            } catch (Refused e) {
                answers.clear();
                answers.add(new Answer(begin, e));
            }
        }
        subsystem.abort();
        return answers;
    }

    private void acknowledge(ParsedMessage message) {
        if ((message.flags() & Netlink.NLM_F_ACK) != 0) {
            answers.add(new Answer(message, null));
        }
    }

    private void execute(ParsedMessage message) throws Refused {
        boolean request = (message.flags() & Netlink.NLM_F_REQUEST) != 0;
        if (!request
                || message.type() < Netlink.NLMSG_MIN_TYPE
                || !message.hasNfgenmsg()
                || !subsystem.takes(message)) {
            throw new Refused(Errno.EINVAL);
        }
        subsystem.change(socket, message);
    }
}
