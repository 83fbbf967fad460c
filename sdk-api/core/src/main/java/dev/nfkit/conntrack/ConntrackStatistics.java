package dev.nfkit.conntrack;

/**
 * How full the table is ({@code IPCTNL_MSG_CT_GET_STATS}).
 *
 * @param entries how many connections there are
 * @param maxEntries the most that it takes ({@code net.netfilter.nf_conntrack_max}); −1 where the kernel, before 4.18,
 *     does not tell
 */
public record ConntrackStatistics(long entries, long maxEntries) {}
