// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Expression;
import java.util.Optional;

/**
 * Sends the packet itself to another device, in tables of family netdev ({@code fwd}).
 *
 * @param device the device, as an index
 * @param family the family of the address, if there is one
 * @param address the next hop; empty to leave the link layer's addresses as they are
 */
public record Forward(Expression device, Optional<AddressFamily> family, Optional<Expression> address)
        implements Statement {
    /**
     * Checks that family and address go together.
     *
     * @throws IllegalArgumentException if there is one without the other
     */
    public Forward {
        if (family.isPresent() != address.isPresent()) {
            throw new IllegalArgumentException("family and address go together");
        }
    }
}
