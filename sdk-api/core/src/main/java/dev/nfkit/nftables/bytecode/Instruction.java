// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/**
 * One instruction of a rule ({@code NFTA_EXPR_*}). Immutable. A record has null for each attribute that is optional and
 * absent, because nft and the kernel differ in which ones they send, and the text shows the difference.
 *
 * <p>Registers are those of the kernel, see {@link Registers}. Numbers that the kernel has as 32 unsigned bits are longs
 * from 0 to 2³²−1.
 */
public sealed interface Instruction extends Encodable
        permits Immediate,
                Cmp,
                Range,
                Bitwise,
                Byteorder,
                Payload,
                Exthdr,
                Meta,
                Ct,
                Lookup,
                Dynset,
                Objref,
                Stateful,
                Log,
                Queue,
                Reject,
                Translation,
                Diversion,
                Context,
                Fib,
                Generator,
                Inner,
                Compat,
                UnknownInstruction {}
