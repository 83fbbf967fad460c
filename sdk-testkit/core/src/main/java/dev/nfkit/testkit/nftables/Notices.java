// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.testkit.kernel.Kernel;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.ruleset.Ruleset;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The notifications of a batch, which are sent at its commit: to listeners, and to a sender that asks for an echo. */
final class Notices {
    /** {@code NFNLGRP_NFTABLES}. */
    private static final int GROUP = 7;

    private static final int CAPACITY = 1 << 16;
    private static final int ALLOCATED = 4096;
    private static final int KEPT = Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL;
    private static final int AT_THE_END = Netlink.NLM_F_APPEND | Netlink.NLM_F_REPLACE;

    private record Notice(ParsedMessage request, int type, int family, Consumer<MessageWriter> content) {}

    private final Kernel kernel;
    private final Ruleset ruleset;
    private final List<Notice> notices = new ArrayList<>();

    Notices(Kernel kernel, Ruleset ruleset) {
        this.kernel = kernel;
        this.ruleset = ruleset;
    }

    /** Remembers a notification. */
    void add(ParsedMessage request, int type, int family, Consumer<MessageWriter> content) {
        notices.add(new Notice(request, type, family, content));
    }

    boolean isEmpty() {
        return notices.isEmpty();
    }

    void forget() {
        notices.clear();
    }

    private static int flags(Notice notice) {
        int sent = notice.request().flags();
        boolean rule = notice.type() == MessageTypes.NEWRULE || notice.type() == MessageTypes.DELRULE;
        return (sent & KEPT) | (rule && (sent & AT_THE_END) != 0 ? Netlink.NLM_F_APPEND : 0);
    }

    /** Sends all notifications. */
    void send(KernelSocket socket) {
        for (Notice notice : notices) {
            Consumer<MessageWriter> write = writer -> {
                ParsedMessage request = notice.request();
                writer.begin(notice.type(), flags(notice), request.sequence(), socket.portId())
                        .nfgenmsg(notice.family(), (int) ruleset.generation() & 0xffff);
                notice.content().accept(writer);
                writer.end();
            };
            kernel.multicast(GROUP, ALLOCATED, write);
            if ((notice.request().flags() & Netlink.NLM_F_ECHO) != 0 && !socket.listensTo(GROUP)) {
                MessageWriter writer = new MessageWriter(CAPACITY, socket.order());
                write.accept(writer);
                socket.deliver(writer);
            }
        }
        notices.clear();
    }
}
