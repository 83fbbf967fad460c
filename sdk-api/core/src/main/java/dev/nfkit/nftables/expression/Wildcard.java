// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/** Any value: the element {@code *} of a set or map, which matches what no other element does. */
public enum Wildcard implements Expression {
    /** The only one. */
    ANY
}
