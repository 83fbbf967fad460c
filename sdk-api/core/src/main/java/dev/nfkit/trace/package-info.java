// SPDX-License-Identifier: Apache-2.0
/**
 * Recordings of netlink sockets: capture files of link type 253, which Wireshark can open. Reads and writes them, and
 * records live sockets. Captures of NFLOG, link type 239, are read as recordings of what the kernel sent.
 */
@NullMarked
package dev.nfkit.trace;

import org.jspecify.annotations.NullMarked;
