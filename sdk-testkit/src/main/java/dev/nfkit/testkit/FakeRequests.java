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

/** What a fake kernel is asked, and how it answers: by a rule of the test, or as its models do. Wants the clock's lock. */
final class FakeRequests {
    private static final int ERROR_TEXT = 1;
    private static final int MAX_DATAGRAM = 1 << 20;

    private final FakeTransport transport;
    private final List<RequestRule> rules = new ArrayList<>();
    private final List<SentMessage> sent = new ArrayList<>();

    FakeRequests(FakeTransport transport) {
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

    /** What of the rules was not used, in words. */
    List<String> left() {
        long unused = rules.stream().filter(RequestRule::unused).count();
        return unused == 0 ? List.of() : List.of(unused + " of " + rules.size() + " request rules met no request");
    }

    /** A datagram has come from a socket. */
    void transmitted(FakeNetlinkSocket socket, byte[] datagram) {
        List<SentMessage> messages;
        try {
            messages = SentMessage.parse(datagram, socket.order(), socket.portId());
        } catch (MalformedMessageException e) {
            throw new AssertionError("a malformed datagram was sent to the kernel: " + e.getMessage(), e);
        }
        for (SentMessage message : messages) {
            sent.add(message);
            if ((message.flags() & Netlink.NLM_F_REQUEST) != 0) {
                answer(socket, message);
            } else if ((message.flags() & Netlink.NLM_F_ACK) != 0) {
                // The kernel acknowledges what is no request, and does nothing.
                acknowledge(socket, message, null, null);
            }
        }
    }

    private void answer(FakeNetlinkSocket socket, SentMessage request) {
        for (RequestRule rule : rules) {
            if (rule.takes(request)) {
                follow(socket, request, rule);
                return;
            }
        }
        if (transport.kernel().netAdmin() != NetAdmin.HELD) {
            acknowledge(socket, request, Errno.EPERM, null);
            return;
        }
        Errno errno = carryOut(socket, request);
        if (errno != null || (request.flags() & Netlink.NLM_F_ACK) != 0) {
            acknowledge(socket, request, errno, null);
        }
    }

    private @Nullable Errno carryOut(FakeNetlinkSocket socket, SentMessage request) {
        if (transport.nflog().configures(request)) {
            return transport.nflog().configure(socket, request);
        }
        return transport.nfqueue().takes(request) ? transport.nfqueue().request(socket, request) : null;
    }

    private static void follow(FakeNetlinkSocket socket, SentMessage request, RequestRule rule) {
        for (BiConsumer<SentMessage, MessageWriter> reply : rule.replies()) {
            MessageWriter writer = new MessageWriter(MAX_DATAGRAM, socket.order());
            reply.accept(request, writer);
            socket.deliver(writer);
        }
        boolean wanted = rule.errno() != null || (request.flags() & Netlink.NLM_F_ACK) != 0;
        if (wanted && !rule.silent()) {
            acknowledge(socket, request, rule.errno(), rule.text());
        }
    }

    private static void acknowledge(
            FakeNetlinkSocket socket, SentMessage request, @Nullable Errno errno, @Nullable String text) {
        byte[] original = request.bytes().toArray();
        boolean capped = errno == null || socket.on(SocketOption.CAP_ACK);
        boolean words = text != null && socket.on(SocketOption.EXT_ACK);
        MessageWriter writer = new MessageWriter(original.length + 1024, socket.order());
        int flags = (capped ? Netlink.NLM_F_CAPPED : 0) | (words ? Netlink.NLM_F_ACK_TLVS : 0);
        writer.begin(Netlink.NLMSG_ERROR, flags, request.sequence(), socket.portId())
                .rawHost32(errno == null ? 0 : -errno.number())
                .raw(capped ? Arrays.copyOf(original, Netlink.NLMSG_HDRLEN) : original);
        if (words && text != null) {
            writer.raw(new byte[capped ? 0 : Netlink.align(original.length) - original.length])
                    .string(ERROR_TEXT, text);
        }
        socket.deliver(writer.end());
    }
}
