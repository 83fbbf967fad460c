/** The model of NFQUEUE. */
@NullMarked
package dev.nfkit.testkit.nfqueue;

import org.jspecify.annotations.NullMarked;
