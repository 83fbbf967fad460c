// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

/**
 * The tracked state of a connection's protocol ({@code CTA_PROTOINFO}). A number that the kernel did not send is −1.
 */
public sealed interface ProtocolInfo {
    /**
     * The state's number.
     *
     * @return 0 to 255, or −1 if the kernel did not send it
     */
    int state();

    /**
     * The state's name.
     *
     * @return the kernel's name, such as {@code ESTABLISHED}; {@code STATE_77} if it has none
     */
    String stateName();

    /**
     * The state of TCP.
     *
     * @param state {@link TcpState}'s number
     * @param wscaleOriginal the window scale of the original direction, 0 to 14
     * @param wscaleReply the window scale of the reply direction, 0 to 14
     * @param flagsOriginal {@code IP_CT_TCP_FLAG_*} of the original direction
     * @param flagsReply {@code IP_CT_TCP_FLAG_*} of the reply direction
     */
    record Tcp(int state, int wscaleOriginal, int wscaleReply, int flagsOriginal, int flagsReply)
            implements ProtocolInfo {
        @Override
        public String stateName() {
            return TcpState.of(state).map(Enum::name).orElse("STATE_" + state);
        }
    }

    /**
     * The state of SCTP.
     *
     * @param state {@link SctpState}'s number
     * @param vtagOriginal the verification tag of the original direction, 0 to 2³²−1
     * @param vtagReply the verification tag of the reply direction, 0 to 2³²−1
     */
    record Sctp(int state, long vtagOriginal, long vtagReply) implements ProtocolInfo {
        @Override
        public String stateName() {
            return SctpState.of(state).map(Enum::name).orElse("STATE_" + state);
        }
    }

    /**
     * The state of DCCP.
     *
     * @param state {@link DccpState}'s number
     * @param role the original direction's: 0 client, 1 server
     * @param handshakeSequence the handshake's sequence number
     */
    record Dccp(int state, int role, long handshakeSequence) implements ProtocolInfo {
        @Override
        public String stateName() {
            return DccpState.of(state).map(Enum::name).orElse("STATE_" + state);
        }
    }
}
