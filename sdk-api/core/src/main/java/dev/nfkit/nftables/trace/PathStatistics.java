// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

/**
 * What a composer did. Immutable.
 *
 * @param paths the number of paths that it returned
 * @param incomplete the number of those that lack messages, also because of an eviction
 * @param evicted the number of those that were returned before their end, because there were too many at a time
 * @param omittedSteps the number of steps that were not kept, because a path had too many
 */
public record PathStatistics(long paths, long incomplete, long evicted, long omittedSteps) {}
