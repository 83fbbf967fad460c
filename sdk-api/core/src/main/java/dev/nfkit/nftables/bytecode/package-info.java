// SPDX-License-Identifier: Apache-2.0
/**
 * The instructions of nf_tables' virtual machine ({@code struct nft_expr}, which the kernel calls expressions): values,
 * their bytes ({@code NFTA_RULE_EXPRESSIONS}), and their text as {@code nft --debug=netlink} prints it. Not exported.
 *
 * <p>Each record has its attributes, how it is read and written, and its text. {@link
 * dev.nfkit.nftables.bytecode.InstructionReader} and {@link dev.nfkit.nftables.bytecode.InstructionWriter} are the codec,
 * {@link dev.nfkit.nftables.bytecode.InstructionText} prints.
 */
@NullMarked
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.NullMarked;
