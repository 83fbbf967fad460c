// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Stateful;
import java.time.Duration;
import java.util.Optional;

/**
 * Keeps the time of the last packet ({@code last}). Linux 5.14.
 *
 * @param used how long ago it was, in milliseconds; empty if there was none
 */
public record LastUse(Optional<Duration> used) implements Statement, Stateful {}
