/** Connections of the kernel's connection tracking. */
@NullMarked
package dev.nfkit.conntrack;

import org.jspecify.annotations.NullMarked;
