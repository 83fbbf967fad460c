package dev.nfkit.testkit.fault;

/**
 * What a fault can befall. A {@link FaultyTransport} counts each kind from 1, over all its sockets together. What is lost
 * behind the beginning of an overrun, or in a silence, is received by nobody and not counted.
 */
public enum FaultEvent {
    /** A socket is opened. */
    OPEN,
    /** A datagram is sent. */
    SEND,
    /** A datagram is received, whatever it is; an acknowledgement and a part of a dump are counted here, too. */
    DATAGRAM,
    /** A datagram is received that begins with an {@code NLMSG_ERROR}: an acknowledgement or a refusal. */
    ACKNOWLEDGEMENT,
    /**
     * A datagram is received that is a part of an answer of many: {@code NLM_F_MULTI} is set, and the sequence number is
     * a request's, which a batch of NFLOG has not. Linux sets the flag in most answers of conntrack, in single ones too.
     */
    DUMP_PART
}
