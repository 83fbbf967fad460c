/**
 * The headers of IPv4, IPv6, TCP, UDP and ICMP as reusable views over bytes, their options and extension headers, their
 * checksums, and the rewriting of a packet. A view that is aimed at a bad or cut header says so; nothing is thrown for
 * it. {@link dev.nfkit.packet.PacketEditor} copies a packet and refuses what it can't make right.
 *
 * <p>A view reads through the {@link dev.nfkit.Bytes} it was aimed at: where those are borrowed and released, its reads
 * throw IllegalStateException. Views allocate nothing, except where an accessor says so. One thread at a time.
 */
@NullMarked
package dev.nfkit.packet;

import org.jspecify.annotations.NullMarked;
