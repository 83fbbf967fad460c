package dev.nfkit.conntrack;

/**
 * How a dump went.
 *
 * @param delivered how many entries the sink was given
 * @param interrupted whether the kernel said that the table changed its shape meanwhile ({@code NLM_F_DUMP_INTR}), so
 *     that entries may be missing or have come twice; dump again where that matters. Linux up to 6.18 never says so of
 *     this table. Entries that come and go while a dump runs may be missed or come twice in any case
 */
public record DumpResult(long delivered, boolean interrupted) {}
