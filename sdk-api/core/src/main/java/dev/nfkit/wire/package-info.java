/**
 * Netlink messages and attributes as bytes: cursors that read, a writer, and the shape of each attribute. Nothing here
 * knows what a message means.
 */
@NullMarked
package dev.nfkit.wire;

import org.jspecify.annotations.NullMarked;
