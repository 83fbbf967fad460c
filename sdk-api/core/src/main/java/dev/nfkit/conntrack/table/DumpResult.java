// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

/**
 * The result of a dump.
 *
 * @param delivered the number of entries passed to the sink
 * @param interrupted whether the kernel reported that the table was reorganised during the dump ({@code
 *     NLM_F_DUMP_INTR}), so that entries may be missing or occur twice; if that matters, dump again. Linux up to 6.18
 *     never reports this for this table. Entries that are added or removed while a dump runs may be missing or occur
 *     twice in any case
 */
public record DumpResult(long delivered, boolean interrupted) {}
