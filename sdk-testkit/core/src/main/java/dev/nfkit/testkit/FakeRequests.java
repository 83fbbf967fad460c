package dev.nfkit.testkit;

import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.socket.NetAdmin;
import dev.nfkit.socket.SocketOption;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The requests to a fake kernel, answered by a rule of the test or by its models. Requires the clock's lock. */
final class FakeRequests {
    private static final int ERROR_TEXT = 1;
    private static final int ERROR_OFFSET = 2;
    private static final int MAX_DATAGRAM = 1 << 20;

    private final FakeNetfilter transport;
    private final List<RequestRule> rules = new ArrayList<>();
    private final List<SentMessage> sent = new ArrayList<>();

    FakeRequests(FakeNetfilter transport) {
        this.transport = transport;
    }

    RequestRule rule(Predicate<SentMessage> matcher) {
        RequestRule rule = new RequestRule(matcher);
        rules.add(rule);
        return rule;
    }

    List<SentMessage> sent() {
        return List.copyOf(sent);
    }

    /** Describes the rules that were not used. */
    List<String> left() {
        long unused = rules.stream().filter(RequestRule::unused).count();
        return unused == 0 ? List.of() : List.of(unused + " of " + rules.size() + " request rules matched no request");
    }

    /** Handles a datagram from a socket. */
    void transmitted(FakeNetlinkSocket socket, byte[] datagram) {
        List<SentMessage> messages;
        try {
            messages = SentMessage.parse(datagram, socket.order(), socket.portId());
        } catch (MalformedMessageException e) {
            throw new AssertionError("a malformed datagram was sent to the kernel: " + e.getMessage(), e);
        }
        boolean denied = transport.kernel().netAdmin() != NetAdmin.HELD;
        boolean first = true;
        for (SentMessage message : messages) {
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

    private void answer(FakeNetlinkSocket socket, SentMessage request) {
        for (RequestRule rule : rules) {
            if (rule.takes(request)) {
                try {
                    follow(socket, request, rule);
                } catch (Refused e) {
                    refuse(socket, request, e);
                }
                return;
            }
        }
        if (transport.kernel().netAdmin() != NetAdmin.HELD) {
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
    private boolean carryOut(FakeNetlinkSocket socket, SentMessage request) throws Refused {
        if (request.type() < Netlink.NLMSG_MIN_TYPE || !request.hasNfgenmsg()) {
            // Messages of netlink itself, and those that are too short for a subsystem, are acknowledged without
            // effect.
            return true;
        }
        if (transport.conntrack().takes(request)) {
            return transport.conntrack().request(socket, request);
        }
        Errno errno = Errno.EINVAL;
        if (transport.nflog().takes(request)) {
            errno = transport.nflog().request(socket, request);
        } else if (transport.nfqueue().takes(request)) {
            errno = transport.nfqueue().request(socket, request);
        }
        if (errno != null) {
            throw new Refused(errno);
        }
        return true;
    }

    private void follow(FakeNetlinkSocket socket, SentMessage request, RequestRule rule) throws Refused {
        if (rule.isCarriedOut() && !carryOut(socket, request)) {
            return; // a dump ends with a message of its own
        }
        for (BiConsumer<SentMessage, MessageWriter> reply : rule.replies()) {
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

    private static void acknowledge(FakeNetlinkSocket socket, SentMessage request) {
        answer(socket, request, null);
    }

    private static void refuse(FakeNetlinkSocket socket, SentMessage request, Refused refusal) {
        answer(socket, request, refusal);
    }

    private static void answer(FakeNetlinkSocket socket, SentMessage request, @Nullable Refused refusal) {
        byte[] original = request.bytes().toArray();
        boolean capped = refusal == null || socket.on(SocketOption.CAP_ACK);
        boolean words = refusal != null && refusal.words() != null && socket.on(SocketOption.EXT_ACK);
        MessageWriter writer = new MessageWriter(original.length + 1024, socket.order());
        int flags = (capped ? Netlink.NLM_F_CAPPED : 0) | (words ? Netlink.NLM_F_ACK_TLVS : 0);
        writer.begin(Netlink.NLMSG_ERROR, flags, request.sequence(), socket.portId())
                .rawHost32(refusal == null ? 0 : -refusal.errno().number())
                .raw(capped ? Arrays.copyOf(original, Netlink.NLMSG_HDRLEN) : original);
        if (words && refusal != null && refusal.words() != null) {
            writer.raw(new byte[capped ? 0 : Netlink.align(original.length) - original.length])
                    .string(ERROR_TEXT, refusal.words());
            if (refusal.offset() != Refused.NO_OFFSET) {
                writer.hostWords(ERROR_OFFSET, refusal.offset());
            }
        }
        socket.deliver(writer.end());
    }
}
