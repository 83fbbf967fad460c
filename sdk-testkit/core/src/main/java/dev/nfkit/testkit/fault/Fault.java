// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

import dev.nfkit.Errno;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What can go wrong between a program and the kernel, as data. A {@link FaultPlan} determines when, and a {@link
 * FaultyTransport} injects it, into a fake, a replay or a real transport.
 *
 * <p>A fault changes what passes through a transport. In contrast, a {@link dev.nfkit.testkit.SocketEffect} is in the
 * queue of a fake socket, with bytes that the kernel never sent. Effects script a socket; faults disturb any socket.
 */
public sealed interface Fault {
    /**
     * Returns the kind of event to which this fault applies.
     *
     * @return the kind of event by which it is counted
     */
    FaultEvent event();

    /**
     * Datagrams are lost: this one and those after it, whenever they arrive. They count as {@code drops()} of the
     * socket, and unless NO_ENOBUFS is on, each receive that loses some of them marks its batch after the first. From
     * the kernel's point of view they were delivered, such as a packet in a queue.
     */
    record Overrun(int lost) implements Fault {
        /**
         * Creates a loss.
         *
         * @param lost the number of datagrams, at least 1
         * @throws IllegalArgumentException if it is out of range
         */
        public Overrun {
            if (lost < 1) {
                throw new IllegalArgumentException("lost " + lost + " is less than 1");
            }
        }

        /**
         * Returns the number of datagrams that are lost.
         *
         * @return at least 1
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

    /** The end of the datagram is missing ({@code MSG_TRUNC}), at least its last byte. */
    record Truncated(int length) implements Fault {
        /**
         * Creates a truncation.
         *
         * @param length the maximum number of remaining bytes, 0 or more
         * @throws IllegalArgumentException if it is out of range
         */
        public Truncated {
            if (length < 0) {
                throw new IllegalArgumentException("length " + length + " is negative");
            }
        }

        /**
         * Returns the maximum number of remaining bytes.
         *
         * @return 0 or more
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
     * The acknowledgement arrives later. If only time brings it, a receive waits for it no longer than the delay.
     */
    record DelayedAcknowledgement(Duration by) implements Fault {
        /**
         * Creates a late acknowledgement.
         *
         * @param by the delay by the transport's clock, more than zero
         * @throws IllegalArgumentException if it is out of range
         */
        public DelayedAcknowledgement {
            if (by.isNegative() || by.isZero()) {
                throw new IllegalArgumentException("by " + by + " is not more than zero");
            }
        }

        /**
         * Returns the delay.
         *
         * @return the delay by the transport's clock, more than zero
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
     * The acknowledgement is a refusal. The kernel has executed the request nevertheless, as with an error that occurs
     * after a change.
     */
    record RefusedAcknowledgement(Errno errno, @Nullable String text) implements Fault {
        /**
         * Creates a refusal.
         *
         * @param errno the error number
         * @param text the text of an extended acknowledgement, or null for none; omitted if EXT_ACK is off
         */
        public RefusedAcknowledgement {}

        /**
         * Creates a refusal without a text.
         *
         * @param errno the error number
         */
        public RefusedAcknowledgement(Errno errno) {
            this(errno, null);
        }

        /**
         * Returns the error number.
         *
         * @return the error number
         */
        @Override
        public Errno errno() {
            return errno;
        }

        /**
         * Returns the text of its extended acknowledgement.
         *
         * @return the text of an extended acknowledgement, or null for none
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

    /**
     * The acknowledgement does not arrive. It does not count as a drop: the request is executed, without any sign of
     * it.
     */
    record MissingAcknowledgement() implements Fault {
        /** Creates a lost acknowledgement. */
        public MissingAcknowledgement {}

        @Override
        public FaultEvent event() {
            return FaultEvent.ACKNOWLEDGEMENT;
        }
    }

    /**
     * A datagram from another process arrives before this one. It is dropped and counted, as the socket's contract
     * requires.
     */
    record ForeignSender() implements Fault {
        /** Creates a foreign datagram. */
        public ForeignSender {}

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /** The datagram arrives twice. */
    record Duplicated() implements Fault {
        /** Creates a duplicate. */
        public Duplicated {}

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /** The datagram arrives after others: after the given number, or after all that can be received. */
    record Reordered(int overtakenBy) implements Fault {
        /**
         * Creates a datagram that is overtaken.
         *
         * @param overtakenBy the number of datagrams that overtake it, at least 1
         * @throws IllegalArgumentException if it is out of range
         */
        public Reordered {
            if (overtakenBy < 1) {
                throw new IllegalArgumentException("overtakenBy " + overtakenBy + " is less than 1");
            }
        }

        /**
         * Returns the number of datagrams that overtake it.
         *
         * @return at least 1
         */
        @Override
        public int overtakenBy() {
            return overtakenBy;
        }

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /**
     * One bit of the datagram is flipped. The kernel's memory does not do that; a decoder must tolerate it, so that
     * unknown messages of later kernels do no harm.
     */
    record FlippedBit(int bit) implements Fault {
        /** A bit that the plan's seed chooses each time. */
        public static final int ANY = -1;

        /**
         * Creates a flipped bit.
         *
         * @param bit the index of the bit, from the lowest of the first byte, or {@link #ANY}; the index is taken
         *     modulo the number of bits in the datagram
         * @throws IllegalArgumentException if it is out of range
         */
        public FlippedBit {
            if (bit < ANY) {
                throw new IllegalArgumentException("bit " + bit + " is less than -1");
            }
        }

        /** Creates a flipped bit that the plan's seed chooses. */
        public FlippedBit() {
            this(ANY);
        }

        /**
         * Returns the index of the bit.
         *
         * @return the index, from the lowest bit of the first byte, or {@link #ANY}
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

    /** The messages of this part have the mark of an interrupted dump ({@code NLM_F_DUMP_INTR}). */
    record InterruptedDump() implements Fault {
        /** Creates an interrupted dump. */
        public InterruptedDump {}

        @Override
        public FaultEvent event() {
            return FaultEvent.DUMP_PART;
        }
    }

    /**
     * Nothing arrives on this socket any more, including this datagram. A receive returns on its timeout, a wakeup or
     * close; one without a timeout never returns otherwise. Sending still works.
     */
    record Silence() implements Fault {
        /** Creates a silence. */
        public Silence {}

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /**
     * The socket ends: it is closed before this datagram, which is lost with all after it. Earlier datagrams are
     * received, then receive returns −1 and send fails with EBADF, as the contract of a closed socket requires. The
     * kernel releases what the socket owned.
     */
    record Closed() implements Fault {
        /** Creates an end. */
        public Closed {}

        @Override
        public FaultEvent event() {
            return FaultEvent.DATAGRAM;
        }
    }

    /** Sending fails, and nothing of the datagram reaches the kernel. */
    record FailedSend(Errno errno) implements Fault {
        /**
         * Creates a failed send.
         *
         * @param errno the error number
         */
        public FailedSend {}

        /**
         * Returns the error number.
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
         * Creates a failed open.
         *
         * @param errno the error number
         */
        public FailedOpen {}

        /**
         * Returns the error number.
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

    /** The receive at this position fails; the datagram arrives with the next one. */
    record FailedReceive(Errno errno) implements Fault {
        /**
         * Creates a failed receive.
         *
         * @param errno the error number
         */
        public FailedReceive {}

        /**
         * Returns the error number.
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
     * Sending throws something that no system call throws: an Error for lack of memory, or the exception of a bug in a
     * decorating transport. Nothing of the datagram reaches the kernel.
     */
    record ThrowingSend(Supplier<? extends Throwable> failure) implements Fault {
        /**
         * Creates a send that throws.
         *
         * @param failure creates the throwable, which is thrown unchanged: undeclared if it is a checked exception
         */
        public ThrowingSend {
            Objects.requireNonNull(failure, "failure");
        }

        /**
         * Returns what creates the throwable.
         *
         * @return the supplier, which is called for each fault
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
     * The receive at this position throws something that no system call throws, as {@link ThrowingSend} does. Nothing
     * is lost: the datagram arrives with the next receive.
     */
    record ThrowingReceive(Supplier<? extends Throwable> failure) implements Fault {
        /**
         * Creates a receive that throws.
         *
         * @param failure creates the throwable, which is thrown unchanged: undeclared if it is a checked exception
         */
        public ThrowingReceive {
            Objects.requireNonNull(failure, "failure");
        }

        /**
         * Returns what creates the throwable.
         *
         * @return the supplier, which is called for each fault
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
