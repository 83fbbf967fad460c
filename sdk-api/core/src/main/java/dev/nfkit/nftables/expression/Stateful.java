// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * A statement that keeps a state and may stand in a set, once for each element: a counter, limit, quota, limit of
 * connections or time of last use. The statements themselves are in {@code dev.nfkit.nftables.statement}.
 */
public interface Stateful {}
