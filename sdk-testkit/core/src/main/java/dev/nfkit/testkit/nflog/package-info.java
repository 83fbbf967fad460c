/** The model of NFLOG. */
@NullMarked
package dev.nfkit.testkit.nflog;

import org.jspecify.annotations.NullMarked;
