// SPDX-License-Identifier: Apache-2.0
/** The common parts of NFLOG and NFQUEUE: packets, options and statistics. */
@NullMarked
package dev.nfkit.netfilter;

import org.jspecify.annotations.NullMarked;
