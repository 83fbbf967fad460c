/** What packets of NFLOG and NFQUEUE have in common. */
@NullMarked
package dev.nfkit.netfilter;

import org.jspecify.annotations.NullMarked;
