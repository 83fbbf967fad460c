// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.testkit.kernel.KernelDump;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.ruleset.Ruleset;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The messages of a dump, or the only one of another answer. */
final class Rows implements KernelDump.Rows {
    private static final int CAPACITY = 1 << 16;

    private record Answer(int type, int family, Consumer<MessageWriter> content, Runnable after) {}

    private final Ruleset ruleset;
    private final ParsedMessage request;
    private final KernelSocket socket;
    private final long generation;
    private final List<Answer> answers = new ArrayList<>();
    private int at;

    Rows(Ruleset ruleset, ParsedMessage request, KernelSocket socket) {
        this.ruleset = ruleset;
        this.request = request;
        this.socket = socket;
        this.generation = ruleset.generation();
    }

    void add(int type, int family, Consumer<MessageWriter> content) {
        add(type, family, content, () -> {});
    }

    void add(int type, int family, Consumer<MessageWriter> content, Runnable after) {
        answers.add(new Answer(type, family, content, after));
    }

    private void write(Answer answer, MessageWriter writer, int flags) {
        writer.begin(answer.type(), flags, request.sequence(), socket.portId())
                .nfgenmsg(answer.family(), (int) generation & 0xffff);
        answer.content().accept(writer);
        writer.end();
    }

    /** Delivers the only answer. */
    void deliver() {
        for (Answer answer : answers) {
            MessageWriter writer = new MessageWriter(CAPACITY, socket.order());
            write(answer, writer, 0);
            socket.deliver(writer);
            answer.after().run();
        }
    }

    boolean dumps() {
        return (request.flags() & Netlink.NLM_F_DUMP) != 0;
    }

    @Override
    public KernelDump.@Nullable Row next() {
        if (at == answers.size()) {
            return null;
        }
        Answer answer = answers.get(at++);
        return new KernelDump.Row() {
            @Override
            public void write(MessageWriter writer, int flags) {
                Rows.this.write(answer, writer, flags);
            }

            @Override
            public void written() {
                answer.after().run();
            }
        };
    }

    @Override
    public boolean interrupted() {
        return ruleset.generation() != generation;
    }
}
