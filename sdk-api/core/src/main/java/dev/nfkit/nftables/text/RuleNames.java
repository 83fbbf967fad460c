// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.statement.Log;
import dev.nfkit.nftables.statement.Nat;
import java.util.Locale;
import java.util.Set;

/** Names and groups of flags that both the parsers and the printers use. */
final class RuleNames {
    /** What {@code flags all} stands for. */
    static final Set<Log.Flag> ALL_LOG_FLAGS =
            Set.of(Log.Flag.TCP_SEQUENCE, Log.Flag.TCP_OPTIONS, Log.Flag.IP_OPTIONS, Log.Flag.SKUID, Log.Flag.ETHER);

    private RuleNames() {}

    static String of(Nat.Flag flag) {
        return switch (flag) {
            case RANDOM -> "random";
            case FULLY_RANDOM -> "fully-random";
            case PERSISTENT -> "persistent";
            case PREFIX -> "prefix";
        };
    }

    static String of(Nat.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }
}
