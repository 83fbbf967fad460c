// SPDX-License-Identifier: Apache-2.0
/**
 * The virtual machine of nf_tables: instructions, executed on the registers of one packet, as {@code nf_tables_core.c} and
 * the files of the instructions do.
 */
@NullMarked
package dev.nfkit.testkit.machine;

import org.jspecify.annotations.NullMarked;
