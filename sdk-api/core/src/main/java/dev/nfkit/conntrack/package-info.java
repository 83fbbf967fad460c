/** Connections, as the kernel's connection tracking knows them. */
@NullMarked
package dev.nfkit.conntrack;

import org.jspecify.annotations.NullMarked;
