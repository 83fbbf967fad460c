package dev.nfkit.testkit.fault;

import dev.nfkit.Errno;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What can go wrong between a program and the kernel, as data. A {@link FaultPlan} says when, a {@link FaultyTransport}
 * does it, on a fake, a replay or the real thing.
 *
 * <p>It is a change of what passes: {@link dev.nfkit.testkit.SocketEffect} in contrast is what stands in the queue of a
 * fake socket, with bytes of its own, which the kernel never sent. That one scripts a socket; this one disturbs any.
 */
public sealed interface Fault {
    /**
     * What this fault befalls.
     *
     * @return the event that is counted for it
     */
    FaultEvent event();

    /**
     * Datagrams are lost: this one and those behind it, whenever they come. They count as {@code drops()} of the socket, and
     * unless NO_ENOBUFS is on, each receive that takes some of them away marks its batch behind the first. What the kernel
     * believes to have delivered, such as a packet in a queue, is delivered in its eyes.
     */
    record Overrun(int lost) implements Fault {
        /**
         * A loss.
         *
         * @param lost how many datagrams, 1 and more
         * @throws IllegalArgumentException if it is out of range
         */
        public Overrun {
            if (lost < 1) {
                throw new IllegalArgumentException("lost " + lost + " is less than 1");
            }
        }

        /**
         * How many datagrams are lost.
         *
         * @return how many datagrams, 1 and more
         */
        @Override
        public int lost() {
            return lost;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /** The end of the datagram is missing ({@code MSG_TRUNC}); at least its last byte is. */
    record Truncated(int length) implements Fault {
        /**
         * A cut datagram.
         *
         * @param length the most bytes that are left, 0 and more
         * @throws IllegalArgumentException if it is out of range
         */
        public Truncated {
            if (length < 0) {
                throw new IllegalArgumentException("length " + length + " is negative");
            }
        }

        /**
         * The most bytes that are left.
         *
         * @return the most bytes that are left, 0 and more
         */
        @Override
        public int length() {
            return length;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /**
     * The acknowledgement comes later. Where nothing but time brings it, a receive waits for it no longer than for
     * that.
     */
    record DelayedAcknowledgement(Duration by) implements Fault {
        /**
         * A late acknowledgement.
         *
         * @param by how much later by the transport's clock, more than zero
         * @throws IllegalArgumentException if it is out of range
         */
        public DelayedAcknowledgement {
            if (by.isNegative() || by.isZero()) {
                throw new IllegalArgumentException("by " + by + " is not more than zero");
            }
        }

        /**
         * How much later it comes.
         *
         * @return how much later by the transport's clock, more than zero
         */
        @Override
        public Duration by() {
            return by;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.ACKNOWLEDGEMENT;
        }
    }

    /**
     * The acknowledgement is a refusal. The kernel has done what was asked all the same, as it has where an error
     * comes behind a change.
     */
    record RefusedAcknowledgement(Errno errno, @Nullable String text) implements Fault {
        /**
         * A refusal.
         *
         * @param errno the error number
         * @param text the words of an extended acknowledgement, or null for none; left out where EXT_ACK is off
         */
        public RefusedAcknowledgement {}

        /**
         * A refusal without words.
         *
         * @param errno the error number
         */
        public RefusedAcknowledgement(Errno errno) {
            this(errno, null);
        }

        /**
         * The error number.
         *
         * @return the error number
         */
        @Override
        public Errno errno() {
            return errno;
        }

        /**
         * The words of its extended acknowledgement.
         *
         * @return the words of an extended acknowledgement, or null for none
         */
        @Override
        public @Nullable String text() {
            return text;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.ACKNOWLEDGEMENT;
        }
    }

    /** The acknowledgement does not come. It counts as no drop: what was asked is done, and nothing says so. */
    record MissingAcknowledgement() implements Fault {
        /** A lost acknowledgement. */
        public MissingAcknowledgement {}

        @Override
        public FaultEvent event() {
            return FaultEvent.ACKNOWLEDGEMENT;
        }
    }

    /**
     * A datagram from another process comes before this one: it is dropped and counted, as the socket's contract says.
     */
    record ForeignSender() implements Fault {
        /** A stranger. */
        public ForeignSender {}

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /** The datagram comes twice. */
    record Duplicated() implements Fault {
        /** A datagram that comes twice. */
        public Duplicated {}

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /** The datagram comes behind others: as many as told, or all that are there to be received. */
    record Reordered(int behind) implements Fault {
        /**
         * A datagram that is overtaken.
         *
         * @param behind how many datagrams, 1 and more
         * @throws IllegalArgumentException if it is out of range
         */
        public Reordered {
            if (behind < 1) {
                throw new IllegalArgumentException("behind " + behind + " is less than 1");
            }
        }

        /**
         * How many datagrams overtake it.
         *
         * @return how many datagrams, 1 and more
         */
        @Override
        public int behind() {
            return behind;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /**
     * One bit of the datagram is flipped. The kernel's memory does no such thing; a decoder has to bear it, so that
     * what a later kernel sends, which nobody knows yet, does no harm.
     */
    record FlippedBit(int bit) implements Fault {
        /** A bit that the plan's seed chooses anew each time. */
        public static final int ANY = -1;

        /**
         * A flipped bit.
         *
         * @param bit which bit, from the first byte's lowest on, or {@link #ANY}; where the datagram has fewer
         *     bits, they are counted round
         * @throws IllegalArgumentException if it is out of range
         */
        public FlippedBit {
            if (bit < ANY) {
                throw new IllegalArgumentException("bit " + bit + " is less than -1");
            }
        }

        /** A bit that the plan's seed chooses. */
        public FlippedBit() {
            this(ANY);
        }

        /**
         * Which bit.
         *
         * @return which bit, from the first byte's lowest on, or {@link #ANY}
         */
        @Override
        public int bit() {
            return bit;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /** The messages of this part say that the dump was interrupted ({@code NLM_F_DUMP_INTR}). */
    record InterruptedDump() implements Fault {
        /** An interrupted dump. */
        public InterruptedDump {}

        @Override
        public FaultEvent event() {
            return FaultEvent.DUMP_PART;
        }
    }

    /**
     * Nothing arrives on this socket any more, this datagram included: a receive returns by its timeout, a wakeup or
     * close, and one without a bound never. It is sent what it is sent.
     */
    record Silence() implements Fault {
        /** Silence. */
        public Silence {}

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /**
     * The socket ends: it is closed before this datagram, which is lost with all behind it. What lay before is
     * received, then receive returns −1 and send fails with EBADF, as the contract of a closed socket says. The kernel
     * takes back what the socket owned.
     */
    record Closed() implements Fault {
        /** An end. */
        public Closed {}

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /** Sending fails, and nothing of the datagram reaches the kernel. */
    record FailedSend(Errno errno) implements Fault {
        /**
         * A failed send.
         *
         * @param errno the error number
         */
        public FailedSend {}

        /**
         * The error number.
         *
         * @return the error number
         */
        @Override
        public Errno errno() {
            return errno;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.SEND;
        }
    }

    /** Opening a socket fails. */
    record FailedOpen(Errno errno) implements Fault {
        /**
         * A failed open.
         *
         * @param errno the error number
         */
        public FailedOpen {}

        /**
         * The error number.
         *
         * @return the error number
         */
        @Override
        public Errno errno() {
            return errno;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.OPEN;
        }
    }

    /** The receive at this place fails; the datagram comes with the next one. */
    record FailedReceive(Errno errno) implements Fault {
        /**
         * A failed receive.
         *
         * @param errno the error number
         */
        public FailedReceive {}

        /**
         * The error number.
         *
         * @return the error number
         */
        @Override
        public Errno errno() {
            return errno;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /**
     * Sending throws something that no system call throws: an Error for lack of memory, or the exception of a decorating
     * transport's own bug. Nothing of the datagram reaches the kernel.
     */
    record ThrowingSend(Supplier<? extends Throwable> failure) implements Fault {
        /**
         * A send that throws.
         *
         * @param failure makes what is thrown, as it is: undeclared if it is a checked exception
         */
        public ThrowingSend {
            Objects.requireNonNull(failure, "failure");
        }

        /**
         * Makes what is thrown.
         *
         * @return gives a throwable at each call
         */
        @Override
        public Supplier<? extends Throwable> failure() {
            return failure;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.SEND;
        }
    }

    /**
     * The receive at this place throws something that no system call throws, as {@link ThrowingSend} does. Nothing is lost:
     * the datagram comes with the next receive.
     */
    record ThrowingReceive(Supplier<? extends Throwable> failure) implements Fault {
        /**
         * A receive that throws.
         *
         * @param failure makes what is thrown, as it is: undeclared if it is a checked exception
         */
        public ThrowingReceive {
            Objects.requireNonNull(failure, "failure");
        }

        /**
         * Makes what is thrown.
         *
         * @return gives a throwable at each call
         */
        @Override
        public Supplier<? extends Throwable> failure() {
            return failure;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }
}
