// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka.spool;

/**
 * An entry of a spool.
 *
 * @param number its number, from 0 on since the spool was made
 * @param kind what the application marked it as, 0 to 127
 * @param content its bytes
 */
@SuppressWarnings("ArrayRecordComponent") // no copy: the reader makes the array for its caller
public record SpoolEntry(long number, byte kind, byte[] content) {}
