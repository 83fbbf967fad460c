// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Selector;

/**
 * Changes something of the packet or its connection, such as {@code meta mark set 7} or {@code ip ttl set 64}.
 *
 * @param target what is changed: a field of a header, of the metadata, or of the connection
 * @param value the new value
 */
public record Assignment(Selector target, Expression value) implements Statement {}
