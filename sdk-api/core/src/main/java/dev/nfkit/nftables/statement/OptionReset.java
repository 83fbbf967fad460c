// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.nftables.expression.ExtensionHeader;

/**
 * Removes a TCP option by overwriting it with NOPs ({@code reset tcp option sack}). Linux 5.18.
 *
 * @param option an option of TCP
 */
public record OptionReset(ExtensionHeader option) implements Statement {
    /**
     * Checks the option.
     *
     * @throws IllegalArgumentException if it is not one of TCP
     */
    public OptionReset {
        if (option.family() != ExtensionHeader.Family.TCP) {
            throw new IllegalArgumentException("only options of TCP can be removed, not " + option);
        }
    }
}
