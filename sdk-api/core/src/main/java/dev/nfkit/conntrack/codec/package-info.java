// SPDX-License-Identifier: Apache-2.0
/**
 * The numbers of ctnetlink's messages, and what reads and writes them. Not exported: the packages of values, of the
 * table and of events use it.
 */
@NullMarked
package dev.nfkit.conntrack.codec;

import org.jspecify.annotations.NullMarked;
