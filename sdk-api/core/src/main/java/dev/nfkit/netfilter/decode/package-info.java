// SPDX-License-Identifier: Apache-2.0
/** The common implementation of NFLOG's and NFQUEUE's packets. Not exported: users see packets. */
@NullMarked
package dev.nfkit.netfilter.decode;

import org.jspecify.annotations.NullMarked;
