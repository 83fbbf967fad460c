/**
 * Netlink on Linux: sockets, network namespaces, and what {@code /proc} tells. {@link dev.nfkit.linux.LinuxTransport} is
 * the way in; everything else follows from the seam, {@link dev.nfkit.socket}.
 */
@NullMarked
package dev.nfkit.linux;

import org.jspecify.annotations.NullMarked;
