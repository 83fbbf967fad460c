// SPDX-License-Identifier: Apache-2.0
/**
 * NFLOG: receives the packets that rules log to a group ({@code nfnetlink_log}).
 *
 * <pre>{@code
 * NflogOptions options = NflogOptions.builder().group(30).build();
 * try (NflogSession session = NflogSession.open(transport, options)) {
 *     session.run(packet -> System.out.println(packet.prefix() + packet.payload().length()));
 * }
 * }</pre>
 */
@NullMarked
package dev.nfkit.nflog;

import org.jspecify.annotations.NullMarked;
