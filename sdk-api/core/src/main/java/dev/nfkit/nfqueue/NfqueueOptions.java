// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.netfilter.MalformedHandler;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.session.SocketSetup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The options of an NFQUEUE session: its queues, its socket, and the treatment of packets without a verdict. A value.
 */
public final class NfqueueOptions {
    private final Builder values;

    private NfqueueOptions(Builder values) {
        this.values = values;
    }

    /**
     * Starts options.
     *
     * @return a builder without a queue
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The same options for other queues, without the rule.
     *
     * @param queues the queues, at least one
     * @return the options
     */
    NfqueueOptions withQueues(List<NfqueueQueue> queues) {
        Builder builder = new Builder(values);
        builder.rule = null;
        builder.queues.clear();
        builder.queues.addAll(queues);
        return builder.build();
    }

    /**
     * The queues of the session.
     *
     * @return at least one
     */
    public List<NfqueueQueue> queues() {
        return values.queues;
    }

    /**
     * The requested receive buffer, if it was set.
     *
     * @return bytes, or empty if it follows from the queues
     */
    public OptionalInt receiveBuffer() {
        return values.receiveBuffer == 0 ? OptionalInt.empty() : OptionalInt.of(values.receiveBuffer);
    }

    /**
     * The requested send buffer.
     *
     * @return bytes
     */
    public int sendBuffer() {
        return values.sendBuffer;
    }

    /**
     * The maximum number of packets that are received at once.
     *
     * @return 1 to 1024
     */
    public int batchSize() {
        return values.batchSize;
    }

    /**
     * The time that a poll spins before it sleeps.
     *
     * @return zero if it sleeps at once
     */
    public Duration spin() {
        return values.spin;
    }

    /**
     * The verdict of packets that the application fails to decide.
     *
     * @return a verdict without a payload
     */
    public Verdict failureVerdict() {
        return values.failureVerdict;
    }

    /**
     * The longest time that the application may take for a packet.
     *
     * @return the time, or empty if it is not bounded
     */
    public Optional<Duration> deadline() {
        return Optional.ofNullable(values.deadline);
    }

    /**
     * The verdict of packets whose deadline passed.
     *
     * @return the configured one, or the failure verdict
     */
    public Verdict deadlineVerdict() {
        Verdict own = values.deadlineVerdict;
        return own == null ? values.failureVerdict : own;
    }

    /**
     * The verdict of packets that are undecided when the session ends.
     *
     * @return the configured one, or the failure verdict
     */
    public Verdict closeVerdict() {
        Verdict own = values.closeVerdict;
        return own == null ? values.failureVerdict : own;
    }

    /**
     * The time that a graceful stop waits for held packets to be answered.
     *
     * @return zero if it does not wait
     */
    public Duration settleTime() {
        return values.settleTime;
    }

    /**
     * The handler of malformed messages.
     *
     * @return the handler, or empty if they are logged
     */
    public Optional<MalformedHandler> malformedHandler() {
        return Optional.ofNullable(values.malformedHandler);
    }

    /**
     * The handler of verdicts that the kernel refused.
     *
     * @return the handler, or empty if they are only counted
     */
    public Optional<Consumer<VerdictRefusal>> refusalHandler() {
        return Optional.ofNullable(values.refusalHandler);
    }

    /**
     * The handler of held packets without an answer.
     *
     * @return the handler, or empty if they are logged
     */
    public Optional<Consumer<Unanswered>> unansweredHandler() {
        return Optional.ofNullable(values.unansweredHandler);
    }

    /**
     * The rule that the session installs.
     *
     * @return the rule, or empty if packets are queued by rules that exist
     */
    public Optional<PacketRule> rule() {
        return Optional.ofNullable(values.rule);
    }

    /** Collects the options of a session. One thread at a time. */
    public static final class Builder {
        private static final Duration LONGEST_SPIN = Duration.ofSeconds(1);

        private List<NfqueueQueue> queues = new ArrayList<>();
        private int receiveBuffer;
        private int sendBuffer = 1 << 20;
        private int batchSize = 64;
        private Duration spin = Duration.ZERO;
        private Verdict failureVerdict = Verdict.DROP;
        private @Nullable Duration deadline;
        private @Nullable Verdict deadlineVerdict;
        private @Nullable Verdict closeVerdict;
        private Duration settleTime = Duration.ofSeconds(1);
        private @Nullable MalformedHandler malformedHandler;
        private @Nullable Consumer<VerdictRefusal> refusalHandler;
        private @Nullable Consumer<Unanswered> unansweredHandler;
        private @Nullable PacketRule rule;

        private Builder() {}

        private Builder(Builder other) {
            queues = new ArrayList<>(other.queues);
            receiveBuffer = other.receiveBuffer;
            sendBuffer = other.sendBuffer;
            batchSize = other.batchSize;
            spin = other.spin;
            failureVerdict = other.failureVerdict;
            deadline = other.deadline;
            deadlineVerdict = other.deadlineVerdict;
            closeVerdict = other.closeVerdict;
            settleTime = other.settleTime;
            malformedHandler = other.malformedHandler;
            refusalHandler = other.refusalHandler;
            unansweredHandler = other.unansweredHandler;
            rule = other.rule;
        }

        /**
         * Adds a queue with the defaults.
         *
         * @param queue the queue, 0 to 65535
         * @return this builder
         * @throws IllegalArgumentException if it is out of range or was already added
         */
        public Builder queue(int queue) {
            return queue(queue, defaults -> {});
        }

        /**
         * Adds a queue.
         *
         * @param queue the queue, 0 to 65535
         * @param configure sets its options
         * @return this builder
         * @throws IllegalArgumentException if it is out of range or was already added
         */
        public Builder queue(int queue, Consumer<NfqueueQueue.Builder> configure) {
            NfqueueQueue.Builder options = NfqueueQueue.builder(queue);
            configure.accept(options);
            return queue(options.build());
        }

        /**
         * Adds a queue.
         *
         * @param queue the queue's options
         * @return this builder
         * @throws IllegalArgumentException if the queue was already added
         */
        public Builder queue(NfqueueQueue queue) {
            for (NfqueueQueue other : queues) {
                if (other.queue() == queue.queue()) {
                    throw new IllegalArgumentException("queue " + queue.queue() + " was added twice");
                }
            }
            queues.add(queue);
            return this;
        }

        /**
         * Adds a range of queues, as for a rule that balances over them ({@code --queue-balance 0:3}).
         *
         * @param first the first queue, 0 to 65535
         * @param last the last one, not below the first
         * @param configure sets the options of each
         * @return this builder
         * @throws IllegalArgumentException if the range is empty or exceeds 0 to 65535, or a queue was already added
         */
        public Builder queues(int first, int last, Consumer<NfqueueQueue.Builder> configure) {
            if (last < first) {
                throw new IllegalArgumentException("queues " + first + " to " + last + ": the last is below the first");
            }
            for (int queue = first; queue <= last; queue++) {
                queue(queue, configure);
            }
            return this;
        }

        /**
         * The receive buffer to request. By default the size that the kernel charges for the maximum number of waiting
         * packets, at most 64 MiB; it uses memory only while packets wait. Without the privilege to exceed {@code
         * net.core.rmem_max} the session gets at most that; {@link NfqueueSession#receiveBuffer()} returns the actual
         * size.
         *
         * @param bytes 4096 to 1073741823
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder receiveBuffer(int bytes) {
            this.receiveBuffer = SocketSetup.bufferSize("receiveBuffer", bytes);
            return this;
        }

        /**
         * The send buffer to request. The verdicts of a batch are sent in one datagram if they fit, and in several
         * otherwise. 1 MiB by default, less if {@code net.core.wmem_max} caps it.
         *
         * @param bytes 4096 to 1073741823
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder sendBuffer(int bytes) {
            this.sendBuffer = SocketSetup.bufferSize("sendBuffer", bytes);
            return this;
        }

        /**
         * The maximum number of packets that are received in one call and whose verdicts are sent in one; 64 by
         * default. The verdicts of a batch are sent after its last packet was decided: use a smaller number for a slow
         * decider, down to 1.
         *
         * @param packets 1 to 1024
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder batchSize(int packets) {
            if (packets < 1 || packets > 1024) {
                throw new IllegalArgumentException("batchSize " + packets + " is out of 1 to 1024");
            }
            this.batchSize = packets;
            return this;
        }

        /**
         * The time that a poll spins before it sleeps. Zero by default. Spinning saves a packet the time of waking the
         * thread (about 10 µs), and uses a whole processor.
         *
         * @param time at most one second
         * @return this builder
         * @throws IllegalArgumentException if it is negative or longer
         */
        public Builder spin(Duration time) {
            if (time.isNegative() || time.compareTo(LONGEST_SPIN) > 0) {
                throw new IllegalArgumentException("spin " + time + " is out of 0 to 1 s");
            }
            this.spin = time;
            return this;
        }

        /**
         * The verdict of packets that the application fails to decide: the decider threw or returned no verdict, or the
         * packet could not be read. It also applies at the deadline and at the end, unless these have their own. {@link
         * Verdict#DROP} by default: it fails closed.
         *
         * @param verdict not HELD, and without changes other than mark and priority
         * @return this builder
         * @throws IllegalArgumentException if it is another one
         */
        public Builder failureVerdict(Verdict verdict) {
            this.failureVerdict = fallback("failureVerdict", verdict);
            return this;
        }

        /**
         * The longest time that the application may take for a packet, from its receipt to its verdict; unbounded by
         * default. After it, a thread of the session sends the failure verdict, and a later verdict of the application
         * is counted as late. If a decider hangs, this also decides the received packets that wait for it.
         *
         * @param time from 1 ms to one day
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder deadline(Duration time) {
            if (time.compareTo(Duration.ofMillis(1)) < 0 || time.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("deadline " + time + " is out of 1 ms to one day");
            }
            this.deadline = time;
            return this;
        }

        /**
         * The longest time that the application may take for a packet, and the verdict after it.
         *
         * @param time from 1 ms to one day
         * @param verdict not HELD, and without changes other than mark and priority
         * @return this builder
         * @throws IllegalArgumentException if one is out of range
         */
        public Builder deadline(Duration time, Verdict verdict) {
            this.deadlineVerdict = fallback("deadline verdict", verdict);
            return deadline(time);
        }

        /**
         * The verdict of packets that are undecided when the session ends: held packets, and those that no decider has
         * received. The kernel itself drops waiting packets when a socket is closed, even if the process is killed.
         *
         * @param verdict not HELD, and without changes other than mark and priority
         * @return this builder
         * @throws IllegalArgumentException if it is another one
         */
        public Builder closeVerdict(Verdict verdict) {
            this.closeVerdict = fallback("closeVerdict", verdict);
            return this;
        }

        private static Verdict fallback(String name, Verdict verdict) {
            if (verdict.isHeld() || !verdict.forBatches()) {
                throw new IllegalArgumentException(
                        name + " " + verdict + ": it must be a verdict that applies to many packets");
            }
            return verdict.copy();
        }

        /**
         * The time that a graceful {@link NfqueueSession#stop()} waits for held packets to be answered, before they get
         * the close verdict. One second by default.
         *
         * @param time from zero to one day
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder settleTime(Duration time) {
            if (time.isNegative() || time.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("settleTime " + time + " is out of zero to one day");
            }
            this.settleTime = time;
            return this;
        }

        /**
         * Sets the handler of malformed messages, which are also counted. Without a handler they are logged as
         * warnings: the first, then when their number has doubled or a minute has passed.
         *
         * @param handler called on the thread that polls, configures or closes. Its exceptions make the poll or the
         *     request fail, without loss of packets; while the session closes, its exceptions are logged and its Errors
         *     are thrown after the socket was closed
         * @return this builder
         */
        public Builder onMalformed(MalformedHandler handler) {
            this.malformedHandler = handler;
            return this;
        }

        /**
         * Sets the handler of verdicts that the kernel refused, which are also counted.
         *
         * @param handler called on the thread that polls, configures or closes. Its exceptions are logged; its Errors
         *     make the poll or the request fail, without loss of packets
         * @return this builder
         */
        public Builder onRefused(Consumer<VerdictRefusal> handler) {
            this.refusalHandler = handler;
            return this;
        }

        /**
         * Installs a rule that queues packets for the session, while the session is open: to its queue, or by a hash of
         * their addresses to all of its queues. A packet that arrives while the session has no queue is dropped. {@link
         * PacketRule} describes where the rule is, what happens if the process is killed, and what its removal means
         * for the queues of other processes.
         *
         * @param match matches in the language of nft, such as {@code udp dport 53}; empty for all packets
         * @return this builder
         * @throws dev.nfkit.nftables.statement.RuleSyntaxException if the text is no rule
         * @throws IllegalArgumentException if it does more than to match
         */
        public Builder rule(String match) {
            return rule(PacketRule.of(match));
        }

        /**
         * Installs a rule that queues packets for the session, while the session is open.
         *
         * @param rule the rule
         * @return this builder
         */
        public Builder rule(PacketRule rule) {
            this.rule = rule;
            return this;
        }

        /**
         * Sets the handler of held packets that were not answered and got the verdict of their deadline or of the
         * session's end. Without a handler they are logged as warnings that name some of them: the first, then when
         * their number has doubled or a minute has passed.
         *
         * @param handler called after the verdict was sent. For a deadline it is called on a separate report thread of
         *     the session, so that a handler that blocks delays no verdict; if 1024 reports wait, further ones are
         *     counted and logged instead. For the session's end it is called on the thread that ends it, after the
         *     socket was closed. Its exceptions are logged; an Error at the session's end is thrown by the close or run
         *     that ends it
         * @return this builder
         */
        public Builder onUnanswered(Consumer<Unanswered> handler) {
            this.unansweredHandler = handler;
            return this;
        }

        /**
         * The options as a value.
         *
         * @return an immutable value
         * @throws IllegalArgumentException if no queue was added, or a rule for queues whose numbers have a gap
         */
        public NfqueueOptions build() {
            if (queues.isEmpty()) {
                throw new IllegalArgumentException("queue: an NFQUEUE session needs at least one");
            }
            if (rule != null) {
                QueueActions.requireConsecutive(queues);
            }
            Builder values = new Builder(this);
            values.queues = List.copyOf(queues);
            return new NfqueueOptions(values);
        }
    }
}
