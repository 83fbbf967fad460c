// SPDX-License-Identifier: Apache-2.0
/**
 * The hot decoder: finds the attributes of a packet's message in one pass, without an allocation. Not exported: users see
 * packets.
 */
@NullMarked
package dev.nfkit.decode;

import org.jspecify.annotations.NullMarked;
