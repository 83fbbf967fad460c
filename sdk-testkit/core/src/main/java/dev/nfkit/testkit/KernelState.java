package dev.nfkit.testkit;

import dev.nfkit.socket.GroupState;
import dev.nfkit.socket.QueueState;
import java.util.ArrayList;
import java.util.List;

/** Describes the state of a fake kernel, for messages of failures. Requires the clock's lock. */
final class KernelState {
    private final FakeNetfilter kernel;

    KernelState(FakeNetfilter kernel) {
        this.kernel = kernel;
    }

    /** The complete state, in one line. */
    String describe() {
        List<String> parts = new ArrayList<>();
        parts.add("sockets " + orNone(openSockets()));
        parts.add("groups " + orNone(groups()));
        parts.add("queues " + orNone(queues()));
        List<DecidedPacket> decided = kernel.nfqueue().decided();
        parts.add("packets that left a queue " + (decided.isEmpty() ? "none" : decided.size() + ": " + decided));
        parts.add("requests sent " + kernel.sent().size());
        return String.join("; ", parts);
    }

    /** What a test should not leave at its end. */
    List<String> left() {
        List<String> left = new ArrayList<>();
        for (FakeNetlinkSocket socket : kernel.sockets()) {
            if (!socket.closed()) {
                left.add(
                        "socket " + socket.portId() + " is open, with " + socket.pending() + " datagrams not received");
            }
        }
        for (GroupState group : kernel.nflog().groups()) {
            if (group.queued() > 0) {
                left.add("group " + group.group() + " holds " + group.queued() + " packets that were not sent yet");
            }
        }
        for (QueueState queue : kernel.nfqueue().queues()) {
            if (queue.waiting() > 0) {
                left.add("queue " + queue.queue() + " has " + queue.waiting() + " packets that wait for a verdict: ids "
                        + kernel.nfqueue().waitingIds(queue.queue()));
            }
        }
        return left;
    }

    private List<String> openSockets() {
        return kernel.sockets().stream()
                .filter(socket -> !socket.closed())
                .map(socket -> socket.portId() + " (" + socket.pending() + " datagrams not received)")
                .toList();
    }

    private List<String> groups() {
        return kernel.nflog().groups().stream()
                .map(group -> group.group() + " (socket " + group.portId() + ", " + group.queued() + " held)")
                .toList();
    }

    private List<String> queues() {
        return kernel.nfqueue().queues().stream()
                .map(queue -> queue.queue() + " (socket " + queue.portId() + ", waiting: "
                        + kernel.nfqueue().waitingIds(queue.queue()) + ")")
                .toList();
    }

    private static String orNone(List<String> things) {
        return things.isEmpty() ? "none" : String.join(", ", things);
    }
}
