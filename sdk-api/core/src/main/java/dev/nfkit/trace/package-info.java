/**
 * Recordings of netlink sockets: capture files of link type 253, which Wireshark opens, read, written, and recorded from
 * a live socket.
 */
@NullMarked
package dev.nfkit.trace;

import org.jspecify.annotations.NullMarked;
