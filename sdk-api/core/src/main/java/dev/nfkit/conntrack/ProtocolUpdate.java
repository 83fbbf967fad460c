// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.conntrack.codec.Ranges;
import dev.nfkit.packet.IpProtocol;
import java.util.Objects;
import java.util.Optional;

/**
 * A change of the tracked state of a connection's protocol ({@code CTA_PROTOINFO}). Immutable values.
 *
 * <pre>{@code
 * ConntrackUpdate.none().protocol(ProtocolUpdate.tcp(TcpState.CLOSE))
 * }</pre>
 *
 * <p>Follows {@code nlattr_to_tcp}, {@code nlattr_to_sctp} and {@code nlattr_to_dccp} in {@code
 * nf_conntrack_proto_tcp.c}, {@code nf_conntrack_proto_sctp.c} and, before Linux 6.15, {@code
 * nf_conntrack_proto_dccp.c}.
 */
public sealed interface ProtocolUpdate {
    /**
     * A change of TCP's state. The flags stay unchanged; a new connection gets those of {@link dev.nfkit.conntrack.table.NewConnection#protocol}.
     *
     * @param state the new state
     * @return the change
     */
    static OfTcp tcp(TcpState state) {
        return new OfTcp(Optional.of(state), 0, 0, 0, 0);
    }

    /**
     * A change of TCP's flags in both directions. The state stays unchanged.
     *
     * @param flags the flags' new values ({@link TcpFlag#bits}), 0 to 255, within the mask
     * @param mask the flags to change, 0 to 255
     * @return the change
     * @throws IllegalArgumentException if a number is out of range, or a flag is set outside of the mask
     */
    static OfTcp tcpFlags(int flags, int mask) {
        return new OfTcp(Optional.empty(), flags, mask, flags, mask);
    }

    /**
     * A change of SCTP. The kernel accepts the three values only together.
     *
     * @param state the new state
     * @param vtagOriginal the verification tag of the original direction, 0 to 2³²−1
     * @param vtagReply the verification tag of the reply direction, 0 to 2³²−1
     * @return the change
     * @throws IllegalArgumentException if a tag is out of range
     */
    static OfSctp sctp(SctpState state, long vtagOriginal, long vtagReply) {
        return new OfSctp(state, vtagOriginal, vtagReply);
    }

    /**
     * A change of DCCP. The kernel accepts both values only together. Kernels from 6.15 on do not track DCCP and ignore
     * it.
     *
     * @param state the new state
     * @param role the role of the original direction
     * @return the change
     */
    static OfDccp dccp(DccpState state, DccpRole role) {
        return new OfDccp(state, role);
    }

    /**
     * The protocol of the connections that can be changed.
     *
     * @return {@link IpProtocol#TCP}, {@link IpProtocol#SCTP} or {@link IpProtocol#DCCP}
     */
    int protocol();

    /**
     * Whether a connection already has these values.
     *
     * @param info the tracked state of the connection's protocol
     * @return whether the change would have no effect; false for another protocol
     */
    boolean isMetBy(ProtocolInfo info);

    /**
     * A change of TCP.
     *
     * @param state the new state, or empty to keep the current one
     * @param flagsOriginal new values of the original direction's flags, within the mask
     * @param maskOriginal the flags of the original direction to change, 0 to 255
     * @param flagsReply new values of the reply direction's flags, within the mask
     * @param maskReply the flags of the reply direction to change, 0 to 255
     */
    record OfTcp(Optional<TcpState> state, int flagsOriginal, int maskOriginal, int flagsReply, int maskReply)
            implements ProtocolUpdate {
        private static final int MAX = 0xff;

        /**
         * A change of TCP.
         *
         * @throws IllegalArgumentException if a number is out of range, or a flag is set outside of its mask
         */
        public OfTcp {
            Objects.requireNonNull(state, "state");
            check("original", flagsOriginal, maskOriginal);
            check("reply", flagsReply, maskReply);
        }

        private static void check(String direction, int flags, int mask) {
            if (mask < 0 || mask > MAX || (flags & ~mask) != 0) {
                throw new IllegalArgumentException("TCP flags 0x" + Integer.toHexString(flags) + " and mask 0x"
                        + Integer.toHexString(mask) + " of the " + direction
                        + " direction: the mask is out of 0 to 255, or a flag is outside of it");
            }
        }

        /**
         * The same with other flags in both directions.
         *
         * @param flags the flags' new values, 0 to 255, within the mask
         * @param mask the flags to change, 0 to 255
         * @return a new change
         * @throws IllegalArgumentException if a number is out of range, or a flag is set outside of the mask
         */
        public OfTcp flags(int flags, int mask) {
            return new OfTcp(state, flags, mask, flags, mask);
        }

        @Override
        public int protocol() {
            return IpProtocol.TCP;
        }

        @Override
        public boolean isMetBy(ProtocolInfo info) {
            return info instanceof ProtocolInfo.Tcp tcp
                    && (state.isEmpty() || tcp.state() == state.get().number())
                    && (maskOriginal == 0 || (tcp.flagsOriginal() & maskOriginal) == flagsOriginal)
                    && (maskReply == 0 || (tcp.flagsReply() & maskReply) == flagsReply);
        }

        /**
         * A description of the change, for logs.
         *
         * @return text such as {@code TCP ESTABLISHED, flags 0xa/0xa and 0xa/0xa}
         */
        @Override
        public String toString() {
            return "TCP" + state.map(known -> " " + known).orElse("")
                    + ((maskOriginal | maskReply) == 0
                            ? ""
                            : ", flags " + masked(flagsOriginal, maskOriginal) + " and "
                                    + masked(flagsReply, maskReply));
        }

        private static String masked(int flags, int mask) {
            return "0x" + Integer.toHexString(flags) + "/0x" + Integer.toHexString(mask);
        }
    }

    /**
     * A change of SCTP.
     *
     * @param state the new state
     * @param vtagOriginal the verification tag of the original direction, 0 to 2³²−1
     * @param vtagReply the verification tag of the reply direction, 0 to 2³²−1
     */
    record OfSctp(SctpState state, long vtagOriginal, long vtagReply) implements ProtocolUpdate {
        /**
         * A change of SCTP.
         *
         * @throws IllegalArgumentException if a tag is out of range
         */
        public OfSctp {
            Objects.requireNonNull(state, "state");
            Ranges.u32("vtagOriginal", vtagOriginal);
            Ranges.u32("vtagReply", vtagReply);
        }

        @Override
        public int protocol() {
            return IpProtocol.SCTP;
        }

        @Override
        public boolean isMetBy(ProtocolInfo info) {
            return info.equals(new ProtocolInfo.Sctp(state.number(), vtagOriginal, vtagReply));
        }

        /**
         * A description of the change, for logs.
         *
         * @return text such as {@code SCTP ESTABLISHED, tags 1 and 2}
         */
        @Override
        public String toString() {
            return "SCTP " + state + ", tags " + vtagOriginal + " and " + vtagReply;
        }
    }

    /**
     * A change of DCCP.
     *
     * @param state the new state
     * @param role the role of the original direction
     */
    record OfDccp(DccpState state, DccpRole role) implements ProtocolUpdate {
        /** A change of DCCP. */
        public OfDccp {
            Objects.requireNonNull(state, "state");
            Objects.requireNonNull(role, "role");
        }

        @Override
        public int protocol() {
            return IpProtocol.DCCP;
        }

        @Override
        public boolean isMetBy(ProtocolInfo info) {
            return info instanceof ProtocolInfo.Dccp dccp
                    && dccp.state() == state.number()
                    && dccp.role() == role.number();
        }

        /**
         * A description of the change, for logs.
         *
         * @return text such as {@code DCCP OPEN, CLIENT}
         */
        @Override
        public String toString() {
            return "DCCP " + state + ", " + role;
        }
    }
}
