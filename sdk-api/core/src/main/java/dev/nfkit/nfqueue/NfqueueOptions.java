package dev.nfkit.nfqueue;

import dev.nfkit.netfilter.MalformedHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How an NFQUEUE session shall be: its queues, its socket, and what becomes of packets without a verdict. A value. */
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
     * The same options for other queues.
     *
     * @param queues the queues, at least one
     * @return the options
     */
    NfqueueOptions withQueues(List<NfqueueQueue> queues) {
        Builder builder = new Builder(values);
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
     * The receive buffer that is asked for, where it was set.
     *
     * @return bytes, or empty where it follows from the queues
     */
    public OptionalInt receiveBuffer() {
        return values.receiveBuffer == 0 ? OptionalInt.empty() : OptionalInt.of(values.receiveBuffer);
    }

    /**
     * The send buffer that is asked for.
     *
     * @return bytes
     */
    public int sendBuffer() {
        return values.sendBuffer;
    }

    /**
     * The most packets that are received at once.
     *
     * @return 1 to 1024
     */
    public int batchSize() {
        return values.batchSize;
    }

    /**
     * How long a poll looks again and again before it sleeps.
     *
     * @return zero where it sleeps at once
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
     * The longest that the application may take over a packet.
     *
     * @return the time, or empty where it is not bounded
     */
    public Optional<Duration> deadline() {
        return Optional.ofNullable(values.deadline);
    }

    /**
     * The verdict of packets whose deadline passed.
     *
     * @return what was set, or the failure verdict
     */
    public Verdict deadlineVerdict() {
        Verdict own = values.deadlineVerdict;
        return own == null ? values.failureVerdict : own;
    }

    /**
     * The verdict of packets that are undecided when the session ends.
     *
     * @return what was set, or the failure verdict
     */
    public Verdict closeVerdict() {
        Verdict own = values.closeVerdict;
        return own == null ? values.failureVerdict : own;
    }

    /**
     * How long a graceful stop waits for held packets to be answered.
     *
     * @return zero where it does not wait
     */
    public Duration settleTime() {
        return values.settleTime;
    }

    /**
     * Who is told of malformed messages.
     *
     * @return the handler, or empty where they are logged
     */
    public Optional<MalformedHandler> malformedHandler() {
        return Optional.ofNullable(values.malformedHandler);
    }

    /**
     * Who is told of verdicts that the kernel refused.
     *
     * @return the handler, or empty where they are counted only
     */
    public Optional<Consumer<VerdictRefusal>> refusalHandler() {
        return Optional.ofNullable(values.refusalHandler);
    }

    /**
     * Who is told of held packets without an answer.
     *
     * @return the handler, or empty where they are logged
     */
    public Optional<Consumer<Unanswered>> unansweredHandler() {
        return Optional.ofNullable(values.unansweredHandler);
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
        }

        /**
         * Adds a queue with the defaults.
         *
         * @param queue the queue, 0 to 65535
         * @return this builder
         * @throws IllegalArgumentException if it is out of range or already there
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
         * @throws IllegalArgumentException if it is out of range or already there
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
         * @throws IllegalArgumentException if the queue is already there
         */
        public Builder queue(NfqueueQueue queue) {
            for (NfqueueQueue other : queues) {
                if (other.queue() == queue.queue()) {
                    throw new IllegalArgumentException("queue " + queue.queue() + " stands twice");
                }
            }
            queues.add(queue);
            return this;
        }

        /**
         * Adds a range of queues, as a rule balances over ({@code --queue-balance 0:3}).
         *
         * @param first the first queue, 0 to 65535
         * @param last the last one, not below the first
         * @param configure sets the options of each
         * @return this builder
         * @throws IllegalArgumentException if the range is empty or leaves 0 to 65535, or a queue is already there
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
         * The receive buffer to ask for. By default what the kernel charges for as many packets as may wait, at most 64
         * MiB; it uses memory only while packets wait. Without the right to exceed {@code net.core.rmem_max} the session
         * gets what that allows; {@link NfqueueSession#receiveBuffer()} tells what was reached.
         *
         * @param bytes 4096 to 1073741823
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder receiveBuffer(int bytes) {
            this.receiveBuffer = buffer("receiveBuffer", bytes);
            return this;
        }

        /**
         * The send buffer to ask for: the verdicts of a batch leave in one datagram where they fit it, and in several
         * where they don't. 1 MiB by default, less where {@code net.core.wmem_max} caps it.
         *
         * @param bytes 4096 to 1073741823
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder sendBuffer(int bytes) {
            this.sendBuffer = buffer("sendBuffer", bytes);
            return this;
        }

        private static int buffer(String name, int bytes) {
            if (bytes < 4096 || bytes >= 1 << 30) {
                throw new IllegalArgumentException(name + " " + bytes + " is out of 4096 to 1073741823");
            }
            return bytes;
        }

        /**
         * The most packets that are received in one call and whose verdicts leave in one; 64 by default. The verdicts of
         * a batch leave when its last packet is decided: a slow decider does better with fewer, down to 1.
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
         * How long a poll looks again and again before it sleeps. Zero by default. It spares a packet the time that
         * waking the thread takes (some 10 µs), and costs a whole processor for as long as it spins.
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
         * The verdict of packets that the application fails to decide: the decider threw, or gave no verdict, or the
         * packet could not be read. Deadline and end have the same, unless they are given another. {@link Verdict#DROP}
         * by default: it fails closed.
         *
         * @param verdict not HELD, and without changes but mark and priority
         * @return this builder
         * @throws IllegalArgumentException if it is another
         */
        public Builder failureVerdict(Verdict verdict) {
            this.failureVerdict = fallback("failureVerdict", verdict);
            return this;
        }

        /**
         * The longest that the application may take over a packet, from its receipt to its verdict; without bound by
         * default. Behind it a thread of the session's sends the failure verdict, and a verdict that comes then is
         * counted as late. It also frees the packets that wait behind a decider that hangs, as far as they were received.
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
         * The longest that the application may take over a packet, and the verdict behind it.
         *
         * @param time from 1 ms to one day
         * @param verdict not HELD, and without changes but mark and priority
         * @return this builder
         * @throws IllegalArgumentException if one is out of range
         */
        public Builder deadline(Duration time, Verdict verdict) {
            this.deadlineVerdict = fallback("deadline verdict", verdict);
            return deadline(time);
        }

        /**
         * The verdict of packets that are undecided when the session ends: held ones, and those that no decider has
         * seen. The kernel itself drops what waits when a socket closes, also when the process is killed.
         *
         * @param verdict not HELD, and without changes but mark and priority
         * @return this builder
         * @throws IllegalArgumentException if it is another
         */
        public Builder closeVerdict(Verdict verdict) {
            this.closeVerdict = fallback("closeVerdict", verdict);
            return this;
        }

        private static Verdict fallback(String name, Verdict verdict) {
            if (verdict.isHeld() || !verdict.forBatches()) {
                throw new IllegalArgumentException(
                        name + " " + verdict + ": it must be a verdict that many packets can get");
            }
            return verdict.copy();
        }

        /**
         * How long a graceful {@link NfqueueSession#stop()} waits for held packets to be answered, before they get the
         * close verdict. One second by default.
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
         * Sets the handler of malformed messages, which are counted too. Without a handler they are logged as warnings: the
         * first, then when their number has doubled or a minute has passed.
         *
         * @param handler called on the thread that polls, configures or closes. What it throws fails the poll or the
         *     request, and no packet is lost by that; while the session closes its exceptions are logged and its Errors are
         *     thrown once the socket is closed
         * @return this builder
         */
        public Builder onMalformed(MalformedHandler handler) {
            this.malformedHandler = handler;
            return this;
        }

        /**
         * Sets the handler of verdicts that the kernel refused, which are counted too.
         *
         * @param handler called on the thread that polls, configures or closes. Its exceptions are logged; its Errors fail
         *     the poll or the request, and no packet is lost by that
         * @return this builder
         */
        public Builder onRefused(Consumer<VerdictRefusal> handler) {
            this.refusalHandler = handler;
            return this;
        }

        /**
         * Sets the handler of held packets that were not answered and got the verdict of their deadline or of the session's
         * end. Without a handler they are logged as warnings that name some of them: the first, then when their number has
         * doubled or a minute has passed.
         *
         * @param handler called after the verdict was sent. For a deadline it is called on a thread of the session that
         *     only makes reports, one after the other, so that a handler that blocks delays no verdict; after 1024 reports
         *     that wait the next ones are counted and logged instead. For the session's end it is called on the thread that
         *     ends it, after the socket was closed. Its exceptions are logged; an Error at the session's end is thrown by
         *     the close or run that ends it
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
         * @throws IllegalArgumentException if no queue was added
         */
        public NfqueueOptions build() {
            if (queues.isEmpty()) {
                throw new IllegalArgumentException("queue: an NFQUEUE session needs at least one");
            }
            Builder values = new Builder(this);
            values.queues = List.copyOf(queues);
            return new NfqueueOptions(values);
        }
    }
}
