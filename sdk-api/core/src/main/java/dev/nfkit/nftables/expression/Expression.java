// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * An expression of nftables. A {@link Selector} reads something from a packet, {@link Constant} and {@link Text} are
 * written in the rule, and the others combine expressions.
 */
public sealed interface Expression
        permits Selector,
                Constant,
                Text,
                Prefix,
                Interval,
                Wildcard,
                BinaryExpression,
                Concatenation,
                MapLookup,
                SetLiteral,
                SetReference,
                Verdict {}
