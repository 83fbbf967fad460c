/** The netlink transport of Linux. */
@NullMarked
package dev.nfkit.linux;

import org.jspecify.annotations.NullMarked;
