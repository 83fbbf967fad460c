/** Netfilter in pure Java. */
@NullMarked
package dev.nfkit;

import org.jspecify.annotations.NullMarked;
