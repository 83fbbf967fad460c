// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.Expression;
import java.util.Optional;

/**
 * Sends a copy of the packet to another host or device ({@code dup}).
 *
 * @param address the host; empty in tables of family netdev
 * @param device the device, as an index
 */
public record Duplicate(Optional<Expression> address, Optional<Expression> device) implements Statement {
    /**
     * Checks the destination.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Duplicate {
        if (address.isEmpty() && device.isEmpty()) {
            throw new IllegalArgumentException("dup needs an address or a device");
        }
    }
}
