// SPDX-License-Identifier: Apache-2.0
/**
 * The headers of IPv4, IPv6, TCP, UDP and ICMP as reusable views over bytes, their options and extension headers, their
 * checksums, and the rewriting of a packet. Aiming a view at a bad or cut header returns false; nothing is thrown.
 * {@link dev.nfkit.packet.PacketEditor} copies a packet and refuses edits whose result could not be valid.
 *
 * <p>A view reads through the {@link dev.nfkit.Bytes} it was aimed at: if those were borrowed and are released, its
 * reads throw IllegalStateException. Views allocate nothing, unless an accessor's documentation states otherwise. One
 * thread at a time.
 */
@NullMarked
package dev.nfkit.packet;

import org.jspecify.annotations.NullMarked;
