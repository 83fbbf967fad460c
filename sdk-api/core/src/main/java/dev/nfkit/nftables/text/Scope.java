// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.SetType;

/**
 * What the parsers of one text share.
 *
 * @param in the tokens
 * @param family the family of the rule's table
 * @param sets the sets of the table
 * @param host the devices and the time zone
 */
public record Scope(TokenStream in, AddressFamily family, SetType.Lookup sets, Host host) {}
