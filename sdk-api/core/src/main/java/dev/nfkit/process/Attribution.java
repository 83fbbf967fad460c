// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import java.util.Optional;
import java.util.OptionalLong;

/** The process of a connection or packet, or why it is unknown. Immutable. */
public sealed interface Attribution {
    /**
     * The process, if it is known.
     *
     * @return the process, or empty
     */
    Optional<ProcessInfo> known();

    /**
     * The user id of the process or, if only the socket was found, that of the socket.
     *
     * @return 0 to 2³²−1 as this user namespace has it, or empty
     */
    OptionalLong uid();

    /**
     * An unknown process of an unknown user.
     *
     * @param reason why it is unknown
     * @return the attribution
     */
    static Unknown unknown(UnknownReason reason) {
        return new Unknown(reason, OptionalLong.empty());
    }

    /**
     * The process is known.
     *
     * @param process the process
     */
    record Known(ProcessInfo process) implements Attribution {
        @Override
        public Optional<ProcessInfo> known() {
            return Optional.of(process);
        }

        @Override
        public OptionalLong uid() {
            return OptionalLong.of(process.uid());
        }

        /**
         * The process as text.
         *
         * @return such as {@code curl (pid 812, uid 1000)}, safe to print
         */
        @Override
        public String toString() {
            return process.toString();
        }
    }

    /** The process is unknown. */
    record Unknown(UnknownReason reason, OptionalLong uid) implements Attribution {
        /**
         * An unknown process.
         *
         * @param reason why it is unknown
         * @param uid the user id of the socket or packet, 0 to 2³²−1; empty if it is unknown, too
         * @throws IllegalArgumentException if the user id is out of range
         */
        public Unknown {
            uid.ifPresent(ProcessInfo::checkUid);
        }

        /**
         * Why the process is unknown.
         *
         * @return the reason
         */
        @Override
        public UnknownReason reason() {
            return reason;
        }

        /**
         * The user id of the socket or packet. It is present if there is a socket, although its process was not found.
         *
         * @return 0 to 2³²−1, or empty
         */
        @Override
        public OptionalLong uid() {
            return uid;
        }

        @Override
        public Optional<ProcessInfo> known() {
            return Optional.empty();
        }

        /**
         * The reason as text.
         *
         * @return such as {@code unknown: kernel (uid 0)}
         */
        @Override
        public String toString() {
            String text = "unknown: " + reason.code();
            return uid.isPresent() ? text + " (uid " + uid.getAsLong() + ")" : text;
        }
    }
}
