// SPDX-License-Identifier: Apache-2.0
/** The values of connection tracking: connections and their parts, filters, and changes. */
@NullMarked
package dev.nfkit.conntrack;

import org.jspecify.annotations.NullMarked;
