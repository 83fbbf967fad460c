// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import dev.nfkit.samples.cli.arguments.NamespaceArgument;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.socket.GroupState;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.QueueState;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nfkit list}. */
@Command(
        name = "list",
        description = "Prints the NFLOG groups and NFQUEUE queues that are in use, with process and counters.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "The counters are the kernel's (/proc/net/netfilter): packets held for the next",
            "datagram or waiting for a verdict, and packets dropped because the queue or the",
            "receive buffer was full. Exit code: 0; 1 if they cannot be read; 2 for wrong usage."
        })
public final class ListCommand implements Callable<Integer> {
    private static final String COLUMNS = "%-14s %-28s %8s %8s %10s %12s %13s";
    private static final String[] COPY_MODES = {"none", "meta", "packet"};

    @Option(names = "--json", description = "Print one JSON object for each group and queue.")
    private boolean json;

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Override
    public Integer call() throws Failure {
        KernelView kernel = namespace.transport().kernel();
        // Otherwise it would look as if nothing were in use.
        Optional<String> unreadable = kernel.unreadable();
        if (unreadable.isPresent()) {
            throw Failure.running(unreadable.get());
        }
        try {
            TextOutput output = TextOutput.standard();
            print(kernel, json, output);
            output.flush();
        } catch (WriteFailure e) {
            if (!e.readerGone()) {
                throw Failure.running(e);
            }
        }
        return 0;
    }

    static void print(KernelView kernel, boolean json, TextOutput output) throws WriteFailure {
        List<GroupState> groups = kernel.nflogGroups().stream()
                .sorted(Comparator.comparingInt(GroupState::group))
                .toList();
        List<QueueState> queues = kernel.nfqueues().stream()
                .sorted(Comparator.comparingInt(QueueState::queue))
                .toList();
        if (!json) {
            output.line(
                    groups.isEmpty() && queues.isEmpty()
                            ? "no group and no queue is in use"
                            : String.format(
                                    COLUMNS, "", "process", "copy", "range", "waiting", "full queue", "full buffer"));
        }
        for (GroupState group : groups) {
            output.line(json ? object(kernel, group) : line(kernel, group));
        }
        for (QueueState queue : queues) {
            output.line(json ? object(kernel, queue) : line(kernel, queue));
        }
    }

    private static String line(KernelView kernel, GroupState group) {
        return String.format(
                        COLUMNS,
                        "nflog:" + group.group(),
                        Owner.text(kernel, group.portId()),
                        copyMode(group.copyMode()),
                        group.copyRange(),
                        group.queued(),
                        "",
                        "")
                .stripTrailing();
    }

    private static String line(KernelView kernel, QueueState queue) {
        return String.format(
                COLUMNS,
                "nfqueue:" + queue.queue(),
                Owner.text(kernel, queue.portId()),
                copyMode(queue.copyMode()),
                queue.copyRange(),
                queue.waiting(),
                queue.queueDropped(),
                queue.userDropped());
    }

    private static String copyMode(int mode) {
        return mode >= 0 && mode < COPY_MODES.length ? COPY_MODES[mode] : "mode " + mode;
    }

    private static String object(KernelView kernel, GroupState group) {
        StringBuilder line = new StringBuilder();
        JsonObject object = begin(line, kernel, group.portId(), "group", group.group());
        object.string("copy_mode", copyMode(group.copyMode()));
        object.number("copy_range", group.copyRange());
        object.number("queued", group.queued());
        object.number("flush_timeout", group.flushTimeout());
        object.end();
        return line.toString();
    }

    private static String object(KernelView kernel, QueueState queue) {
        StringBuilder line = new StringBuilder();
        JsonObject object = begin(line, kernel, queue.portId(), "queue", queue.queue());
        object.string("copy_mode", copyMode(queue.copyMode()));
        object.number("copy_range", queue.copyRange());
        object.number("waiting", queue.waiting());
        object.number("queue_dropped", queue.queueDropped());
        object.number("user_dropped", queue.userDropped());
        object.number("last_id", queue.lastId());
        object.end();
        return line.toString();
    }

    private static JsonObject begin(StringBuilder line, KernelView kernel, long portId, String kind, int number) {
        JsonObject object = new JsonObject();
        object.beginNow(line, "bound_" + kind);
        object.number(kind, number);
        object.number("port_id", portId);
        kernel.owner(portId).ifPresent(owner -> {
            object.number("pid", owner.pid());
            object.string("progname", owner.name());
        });
        return object;
    }
}
