// SPDX-License-Identifier: Apache-2.0
/** Events of connection tracking, and a copy of the table that they keep up to date. */
@NullMarked
package dev.nfkit.conntrack.event;

import org.jspecify.annotations.NullMarked;
