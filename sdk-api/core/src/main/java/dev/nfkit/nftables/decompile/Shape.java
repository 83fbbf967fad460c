// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;

/**
 * How the bytes of a register are a value.
 *
 * @param expression what was loaded
 * @param type the type of its value
 * @param bits the bits of its value
 * @param bytes the bytes in the register
 * @param host whether these are in the byte order of the machine
 * @param shift the bits after the value, which are zero
 */
record Shape(Expression expression, DataType type, int bits, int bytes, boolean host, int shift) {}
