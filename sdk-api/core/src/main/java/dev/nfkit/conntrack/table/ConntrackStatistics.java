// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

/**
 * The fill level of the table ({@code IPCTNL_MSG_CT_GET_STATS}).
 *
 * @param entries the number of connections
 * @param maxEntries the maximum number of connections ({@code net.netfilter.nf_conntrack_max}); −1 if the kernel does
 *     not report it, before 4.18
 */
public record ConntrackStatistics(long entries, long maxEntries) {}
