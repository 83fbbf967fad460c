// SPDX-License-Identifier: Apache-2.0
/**
 * Netlink messages and attributes as bytes: cursors that read, a writer, and the shape of each attribute. This package
 * does not interpret messages.
 */
@NullMarked
package dev.nfkit.wire;

import org.jspecify.annotations.NullMarked;
