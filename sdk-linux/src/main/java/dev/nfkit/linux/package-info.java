// SPDX-License-Identifier: Apache-2.0
/**
 * Netlink on Linux: sockets, network namespaces, and state from {@code /proc}. {@link dev.nfkit.linux.LinuxTransport}
 * is the entry point; everything else follows from the seam, {@link dev.nfkit.socket}.
 */
@NullMarked
package dev.nfkit.linux;

import org.jspecify.annotations.NullMarked;
