// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

/**
 * A value in registers.
 *
 * @param word the first register of 32 bits that has it
 * @param bytes its size, 1 to 64
 * @param host whether it is in the byte order of the machine, instead of network order
 * @param shift the number of bits that the value is moved to the left, because it does not end with a byte
 */
record Operand(int word, int bytes, boolean host, int shift) {
    int end() {
        return word + Code.words(bytes);
    }
}
