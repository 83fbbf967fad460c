// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

/**
 * The kinds of events to which a fault can apply. A {@link FaultyTransport} counts each kind from 1, over all its
 * sockets. Datagrams lost after the beginning of an overrun, or in a silence, are not received and not counted.
 */
public enum FaultEvent {
    /** A socket is opened. */
    OPEN,
    /** A datagram is sent. */
    SEND,
    /** A datagram is received, of any kind. Acknowledgements and parts of a dump count here too. */
    DATAGRAM,
    /** A datagram is received that begins with an {@code NLMSG_ERROR}: an acknowledgement or a refusal. */
    ACKNOWLEDGEMENT,
    /**
     * A datagram is received that is a part of a multipart answer: {@code NLM_F_MULTI} is set, and the sequence number
     * is a request's, which a batch of NFLOG does not have. Linux sets the flag in most answers of conntrack, including
     * single ones.
     */
    DUMP_PART
}
