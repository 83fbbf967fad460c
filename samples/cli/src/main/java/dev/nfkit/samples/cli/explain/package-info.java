/** {@code nfkit explain}. */
@NullMarked
package dev.nfkit.samples.cli.explain;

import org.jspecify.annotations.NullMarked;
