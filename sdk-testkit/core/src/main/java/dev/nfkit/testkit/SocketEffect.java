// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;

/**
 * What can happen at a socket, as data. A test adds effects with {@link FakeNetlinkSocket#effect}, and the socket
 * executes them in that order, each at its position among the datagrams.
 *
 * <p>A datagram of malformed bytes is a {@link Datagram}: the socket does not parse datagrams.
 */
public sealed interface SocketEffect {
    /** The kernel delivers a datagram, if the receive buffer has space for it. */
    record Datagram(Bytes bytes) implements SocketEffect {
        /**
         * Creates a datagram.
         *
         * @param bytes the contents; arbitrary bytes are permitted
         */
        public Datagram(Bytes bytes) {
            this.bytes = bytes.copy();
        }

        /**
         * Returns the contents.
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
         * Creates a truncated datagram.
         *
         * @param bytes the remaining bytes
         */
        public Truncated(Bytes bytes) {
            this.bytes = bytes.copy();
        }

        /**
         * Returns the remaining bytes.
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
         * Creates a foreign datagram.
         *
         * @param bytes the contents
         */
        public Foreign(Bytes bytes) {
            this.bytes = bytes.copy();
        }

        /**
         * Returns the contents.
         *
         * @return the bytes
         */
        @Override
        public Bytes bytes() {
            return bytes;
        }
    }

    /**
     * Datagrams are lost at this position. They count at once, and unless NO_ENOBUFS is on, the batch after this
     * position is marked.
     */
    record Overrun(int lost) implements SocketEffect {
        /**
         * Creates a loss.
         *
         * @param lost the number of datagrams, at least 1
         */
        public Overrun {
            if (lost < 1) {
                throw new IllegalArgumentException("lost " + lost + " is less than 1");
            }
        }

        /**
         * Returns the number of datagrams.
         *
         * @return at least 1
         */
        @Override
        public int lost() {
            return lost;
        }
    }

    /** Holds back all later effects until {@link FakeNetlinkSocket#release} is called with this name. */
    record Hold(String name) implements SocketEffect {
        /**
         * Creates a hold.
         *
         * @param name the name for the release
         */
        public Hold {}

        /**
         * Returns the name for the release.
         *
         * @return the name
         */
        @Override
        public String name() {
            return name;
        }
    }

    /** A signal interrupts the receive in progress (EINTR), which must continue. */
    record Interrupted() implements SocketEffect {
        /** Creates an interruption. */
        public Interrupted {}
    }

    /** The receive at this position fails. */
    record ReceiveFailure(Errno errno) implements SocketEffect {
        /**
         * Creates a failed receive.
         *
         * @param errno the error number
         */
        public ReceiveFailure {}

        /**
         * Returns the error number.
         *
         * @return an error number
         */
        @Override
        public Errno errno() {
            return errno;
        }
    }

    /** The next send fails, and nothing of it reaches the kernel. */
    record SendFailure(Errno errno) implements SocketEffect {
        /**
         * Creates a failed send.
         *
         * @param errno the error number
         */
        public SendFailure {}

        /**
         * Returns the error number.
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
        /** Creates an end. */
        public EndOfStream {}
    }
}
