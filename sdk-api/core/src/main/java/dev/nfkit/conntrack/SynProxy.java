// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

/**
 * The SYN proxy's state of a connection ({@code CTA_SYNPROXY}).
 *
 * @param isn the server's initial sequence number, 0 to 2³²−1
 * @param its the client's initial timestamp, 0 to 2³²−1
 * @param tsoff the offset added to timestamps, 0 to 2³²−1
 */
public record SynProxy(long isn, long its, long tsoff) {}
