// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.EscapeListener;
import dev.nfkit.testkit.message.Datagrams;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.socket.Escapes;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A kernel in memory: its sockets, the requests to it, and the models of its subsystems. Safe for any number of threads;
 * some methods require the clock's lock.
 */
public final class Kernel {
    private static final int LARGEST_EVENT = 1 << 16;
    /** The number of netlink's protocols ({@code MAX_LINKS}). */
    private static final int PROTOCOLS = 32;

    private final ModelClock clock;
    private final KernelProperties properties = new KernelProperties();
    private final List<Subsystem> subsystems = new ArrayList<>();
    private final KernelRequests requests = new KernelRequests(properties, subsystems);
    private final List<KernelSocket> sockets = new ArrayList<>();
    private final Deque<Errno> openFailures = new ArrayDeque<>();
    private final Map<ByteOrder, MessageWriter> eventWriters = new HashMap<>();
    private final Escapes escapes = new Escapes();
    private final SocketCalls owner = new SocketCalls();
    private volatile boolean strict = true;
    private long nextPort = 4711;

    /** Creates a kernel without subsystems, which follows a clock. */
    public Kernel(ModelClock clock) {
        this.clock = clock;
    }

    /** Adds the model of a subsystem; before the first socket is opened. */
    public void add(Subsystem subsystem) {
        subsystems.add(subsystem);
    }

    /** The clock that it follows. */
    public ModelClock clock() {
        return clock;
    }

    /** What a test has set. */
    public KernelProperties properties() {
        return properties;
    }

    /** Sets whether views that are used after their callback are reported. */
    public void strictBatches(boolean on) {
        strict = on;
    }

    /** Opens a socket of a netlink protocol. */
    public KernelSocket open(int protocol, ByteOrder order) throws NetlinkException {
        return clock.locked(() -> {
            Errno failure = openFailures.poll();
            if (failure == null && (protocol < 0 || protocol >= PROTOCOLS)) {
                failure = Errno.EPROTONOSUPPORT;
            }
            if (failure != null) {
                throw new SystemCallException("socket(AF_NETLINK, protocol " + protocol + ")", failure, null);
            }
            KernelSocket socket = new KernelSocket(owner, clock, properties, nextPort++, order);
            sockets.add(socket);
            return socket;
        });
    }

    /** Lets the next open fail. */
    public void failNextOpen(Errno errno) {
        clock.locked(() -> openFailures.add(errno));
    }

    /** Adds a rule for requests. */
    public AnswerRule onRequest(Predicate<ParsedMessage> matcher) {
        return clock.locked(() -> requests.rule(matcher));
    }

    /** All messages that were sent, in order. */
    public List<ParsedMessage> sent() {
        return clock.locked(requests::sent);
    }

    /** The number of open sockets. */
    public int openSockets() {
        return clock.locked(() ->
                (int) sockets.stream().filter(socket -> !socket.isClosed()).count());
    }

    /**
     * Waits in real time until a condition is true, no longer than the clock's patience.
     *
     * @throws AssertionError with the complaint and the state of the kernel
     */
    public void awaitOr(String complaint, BooleanSupplier condition) {
        clock.locked(() -> {
            if (!clock.awaitUntil(condition)) {
                throw new AssertionError(complaint + " within " + clock.patience() + ": " + state().describe());
            }
        });
    }

    private KernelState state() {
        return new KernelState(sockets, subsystems, requests);
    }

    /** Fails if something is left, or if a borrowed view was used after its callback had returned. */
    public void verify() {
        clock.locked(() -> {
            List<String> left = state().left();
            List<String> wrong = new ArrayList<>(escapes.texts());
            if (!left.isEmpty()) {
                wrong.add("left over: " + String.join("; ", left));
            }
            if (!wrong.isEmpty()) {
                throw new AssertionError(String.join("\n", wrong), escapes.first());
            }
        });
    }

    /**
     * Sends a message to every open socket that is in a multicast group, as {@code netlink_broadcast} does. Each socket
     * has its own filter and receive buffer, so that one may lose what another receives. Requires the lock.
     *
     * @param group the group, from 1
     * @param allocated the bytes that the kernel allocates for it beforehand
     * @param message writes one complete message; called once for each socket, in its byte order
     */
    public void multicast(int group, int allocated, Consumer<MessageWriter> message) {
        for (KernelSocket socket : sockets) {
            if (socket.listensTo(group)) {
                MessageWriter writer =
                        eventWriters.computeIfAbsent(socket.order(), order -> new MessageWriter(LARGEST_EVENT, order));
                message.accept(writer.clear());
                socket.deliverAllocated(Datagrams.bytes(writer), allocated);
            }
        }
    }

    private final class SocketCalls implements KernelSocket.Owner {
        @Override
        public void transmitted(KernelSocket socket, byte[] datagram) {
            requests.transmitted(socket, datagram);
        }

        @Override
        public void closed(KernelSocket socket) {
            subsystems.forEach(subsystem -> subsystem.closed(socket));
        }

        @Override
        public @Nullable EscapeListener escapes() {
            return strict ? escapes : null;
        }
    }
}
