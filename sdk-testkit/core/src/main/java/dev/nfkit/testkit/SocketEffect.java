package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;

/**
 * What can happen at a socket, as data: a test puts effects in a row with {@link FakeNetlinkSocket#effect}, and the
 * socket does them in that order, each at its place between the datagrams.
 *
 * <p>A datagram of malformed bytes is a {@link Datagram}: the socket looks into none.
 */
public sealed interface SocketEffect {
    /** The kernel delivers a datagram; whether it finds room is the receive buffer's matter. */
    record Datagram(Bytes bytes) implements SocketEffect {
        /**
         * A datagram.
         *
         * @param bytes what it holds; anything, also what is no message
         */
        public Datagram(Bytes bytes) {
            this.bytes = bytes.copy();
        }

        /**
         * What it holds.
         *
         * @return the bytes
         */
        @Override
        public Bytes bytes() {
            return bytes;
        }
    }

    /** A datagram whose end is missing, whatever the slot's size ({@code MSG_TRUNC}). */
    record Truncated(Bytes bytes) implements SocketEffect {
        /**
         * A cut datagram.
         *
         * @param bytes what is left of it
         */
        public Truncated(Bytes bytes) {
            this.bytes = bytes.copy();
        }

        /**
         * What is left of it.
         *
         * @return the bytes
         */
        @Override
        public Bytes bytes() {
            return bytes;
        }
    }

    /** A datagram whose sender is not the kernel. */
    record Foreign(Bytes bytes) implements SocketEffect {
        /**
         * A foreign datagram.
         *
         * @param bytes what it holds
         */
        public Foreign(Bytes bytes) {
            this.bytes = bytes.copy();
        }

        /**
         * What it holds.
         *
         * @return the bytes
         */
        @Override
        public Bytes bytes() {
            return bytes;
        }
    }

    /**
     * Datagrams are lost at this place: they count at once, and unless NO_ENOBUFS is on, the batch behind this place is
     * marked.
     */
    record Overrun(int lost) implements SocketEffect {
        /**
         * A loss.
         *
         * @param lost how many datagrams, 1 and more
         */
        public Overrun {
            if (lost < 1) {
                throw new IllegalArgumentException("lost " + lost + " is less than 1");
            }
        }

        /**
         * How many datagrams.
         *
         * @return 1 and more
         */
        @Override
        public int lost() {
            return lost;
        }
    }

    /** What comes behind is held back until {@link FakeNetlinkSocket#release} names this. */
    record Hold(String name) implements SocketEffect {
        /**
         * A held place.
         *
         * @param name the name to release it by
         */
        public Hold {}

        /**
         * The name to release it by.
         *
         * @return the name
         */
        @Override
        public String name() {
            return name;
        }
    }

    /** A signal interrupts the receive in progress (EINTR), which has to go on as if nothing were. */
    record Interrupted() implements SocketEffect {
        /** An interrupted system call. */
        public Interrupted {}
    }

    /** The receive at this place fails. */
    record ReceiveFailure(Errno errno) implements SocketEffect {
        /**
         * A failed receive.
         *
         * @param errno the error number
         */
        public ReceiveFailure {}

        /**
         * The error number.
         *
         * @return an error number
         */
        @Override
        public Errno errno() {
            return errno;
        }
    }

    /** The next send that is tried fails, and nothing of it reaches the kernel. */
    record SendFailure(Errno errno) implements SocketEffect {
        /**
         * A failed send.
         *
         * @param errno the error number
         */
        public SendFailure {}

        /**
         * The error number.
         *
         * @return an error number
         */
        @Override
        public Errno errno() {
            return errno;
        }
    }

    /** The stream ends here: receive returns −1 from now on. */
    record EndOfStream() implements SocketEffect {
        /** An end. */
        public EndOfStream {}
    }
}
