// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Expression;
import java.util.Optional;

/**
 * Delivers the packet to a local socket without changing it.
 *
 * <p>Follows {@code nft_tproxy.c}.
 *
 * @param family the family of the address, in tables of family inet
 * @param address the socket's address; the packet's own if absent
 * @param port the socket's port; the packet's own if absent
 */
public record Tproxy(Optional<AddressFamily> family, Optional<Expression> address, Optional<Expression> port)
        implements Statement {
    /**
     * Checks the destination.
     *
     * @throws IllegalArgumentException if there is neither an address nor a port
     */
    public Tproxy {
        if (address.isEmpty() && port.isEmpty()) {
            throw new IllegalArgumentException("tproxy needs an address or a port");
        }
    }
}
