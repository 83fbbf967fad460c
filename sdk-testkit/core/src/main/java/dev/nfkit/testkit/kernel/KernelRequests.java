// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The requests to a fake kernel, answered by a rule of the test or by its models. Requires the clock's lock. */
final class KernelRequests {
    private static final int ERROR_TEXT = 1;
    private static final int ERROR_OFFSET = 2;
    private static final int MAX_DATAGRAM = 1 << 20;

    private final KernelProperties properties;
    private final List<Subsystem> subsystems;
    private final List<AnswerRule> rules = new ArrayList<>();
    private final List<ParsedMessage> sent = new ArrayList<>();

    KernelRequests(KernelProperties properties, List<Subsystem> subsystems) {
        this.properties = properties;
        this.subsystems = subsystems;
    }

    AnswerRule rule(Predicate<ParsedMessage> matcher) {
        AnswerRule rule = new AnswerRule(matcher);
        rules.add(rule);
        return rule;
    }

    List<ParsedMessage> sent() {
        return List.copyOf(sent);
    }

    /** Describes the rules that were not used. */
    List<String> left() {
        long unused = rules.stream().filter(AnswerRule::unused).count();
        return unused == 0 ? List.of() : List.of(unused + " of " + rules.size() + " request rules matched no request");
    }

    /** Handles a datagram from a socket. */
    void transmitted(KernelSocket socket, byte[] datagram) {
        List<ParsedMessage> messages;
        try {
            messages = ParsedMessage.parse(datagram, socket.order(), socket.portId());
        } catch (MalformedMessageException e) {
            throw new AssertionError("a malformed datagram was sent to the kernel: " + e.getMessage(), e);
        }
        boolean denied = properties.denied() && messages.stream().allMatch(this::privileged);
        Subsystem batched = denied ? null : batched(messages);
        if (batched != null) {
            sent.addAll(messages);
            new KernelBatch(socket, batched)
                    .run(messages, message -> intercepted(socket, message))
                    .forEach(each -> answer(socket, each.request(), each.refusal()));
            return;
        }
        boolean first = true;
        for (ParsedMessage message : messages) {
            sent.add(message);
            if (denied && !first) {
                continue; // the whole datagram is refused, with one answer to its first message (nfnetlink_rcv)
            }
            first = false;
            if (denied || (message.flags() & Netlink.NLM_F_REQUEST) != 0) {
                answer(socket, message);
            } else if ((message.flags() & Netlink.NLM_F_ACK) != 0) {
                // The kernel acknowledges a message that is not a request, and does nothing.
                acknowledge(socket, message);
            }
        }
    }

    private boolean privileged(ParsedMessage request) {
        return subsystems.stream().noneMatch(subsystem -> !subsystem.privileged() && subsystem.takes(request));
    }

    /** The subsystem whose batch a datagram is, or null. */
    private @Nullable Subsystem batched(List<ParsedMessage> messages) {
        if (messages.isEmpty() || messages.get(0).type() != Netlink.NFNL_MSG_BATCH_BEGIN) {
            return null;
        }
        for (Subsystem subsystem : subsystems) {
            Integer number = subsystem.batches();
            if (number != null && number == messages.get(0).resId()) {
                return subsystem;
            }
        }
        return null;
    }

    /** Lets a rule of the test answer. Returns whether there is one. */
    private boolean intercepted(KernelSocket socket, ParsedMessage request) {
        for (AnswerRule rule : rules) {
            if (rule.takes(request)) {
                try {
                    follow(socket, request, rule);
                } catch (Refused e) {
                    refuse(socket, request, e);
                }
                return true;
            }
        }
        return false;
    }

    private void answer(KernelSocket socket, ParsedMessage request) {
        if (intercepted(socket, request)) {
            return;
        }
        if (properties.denied() && privileged(request)) {
            refuse(socket, request, new Refused(Errno.EPERM));
            return;
        }
        try {
            if (carryOut(socket, request) && (request.flags() & Netlink.NLM_F_ACK) != 0) {
                acknowledge(socket, request);
            }
        } catch (Refused e) {
            refuse(socket, request, e);
        }
    }

    /** Passes a message to its model. Returns whether it may be acknowledged; a dump is not. */
    private boolean carryOut(KernelSocket socket, ParsedMessage request) throws Refused {
        if (request.type() < Netlink.NLMSG_MIN_TYPE || !request.hasNfgenmsg()) {
            // Messages of netlink itself, and those that are too short for a subsystem, are acknowledged without
            // effect.
            return true;
        }
        for (Subsystem subsystem : subsystems) {
            if (subsystem.takes(request)) {
                return subsystem.request(socket, request);
            }
        }
        throw new Refused(Errno.EINVAL);
    }

    private void follow(KernelSocket socket, ParsedMessage request, AnswerRule rule) throws Refused {
        if (rule.isCarriedOut() && !carryOut(socket, request)) {
            return; // a dump ends with a message of its own
        }
        for (BiConsumer<ParsedMessage, MessageWriter> reply : rule.replies()) {
            MessageWriter writer = new MessageWriter(MAX_DATAGRAM, socket.order());
            reply.accept(request, writer);
            socket.deliver(writer);
        }
        boolean wanted = rule.errno() != null || (request.flags() & Netlink.NLM_F_ACK) != 0;
        if (wanted && !rule.silent()) {
            if (rule.errno() == null) {
                acknowledge(socket, request);
            } else {
                refuse(socket, request, new Refused(rule.errno(), rule.text(), Refused.NO_OFFSET));
            }
        }
    }

    private static void acknowledge(KernelSocket socket, ParsedMessage request) {
        answer(socket, request, null);
    }

    private static void refuse(KernelSocket socket, ParsedMessage request, Refused refusal) {
        answer(socket, request, refusal);
    }

    private static void answer(KernelSocket socket, ParsedMessage request, @Nullable Refused refusal) {
        byte[] original = request.bytes().toArray();
        boolean capped = refusal == null || socket.on(SocketOption.CAP_ACK);
        boolean more = refusal != null && (refusal.words() != null || refusal.offset() != Refused.NO_OFFSET);
        boolean words = more && socket.on(SocketOption.EXT_ACK);
        MessageWriter writer = new MessageWriter(original.length + 1024, socket.order());
        int flags = (capped ? Netlink.NLM_F_CAPPED : 0) | (words ? Netlink.NLM_F_ACK_TLVS : 0);
        writer.begin(Netlink.NLMSG_ERROR, flags, request.sequence(), socket.portId())
                .rawHost32(refusal == null ? 0 : -refusal.errno().number())
                .raw(capped ? Arrays.copyOf(original, Netlink.NLMSG_HDRLEN) : original);
        if (words && refusal != null) {
            writer.raw(new byte[capped ? 0 : Netlink.align(original.length) - original.length]);
            if (refusal.words() != null) {
                writer.string(ERROR_TEXT, refusal.words());
            }
            if (refusal.offset() != Refused.NO_OFFSET) {
                writer.hostWords(ERROR_OFFSET, refusal.offset());
            }
        }
        socket.deliver(writer.end());
    }
}
