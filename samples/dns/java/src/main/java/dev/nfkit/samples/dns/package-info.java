/** A domain blocker. */
@NullMarked
package dev.nfkit.samples.dns;

import org.jspecify.annotations.NullMarked;
