// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

/** Instructions that are no statement this library knows: the rule is then kept as it is. */
final class UnreadableRuleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnreadableRuleException(String message) {
        super(message, null, false, false);
    }
}
