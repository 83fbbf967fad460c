/** Names of protocols, states and labels, as conntrack(8) reads and prints them. */
@NullMarked
package dev.nfkit.samples.cli.conntrack.names;

import org.jspecify.annotations.NullMarked;
