// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

/** Leaves the packet out of connection tracking. */
public enum Notrack implements Statement {
    /** The only one. */
    NOTRACK
}
