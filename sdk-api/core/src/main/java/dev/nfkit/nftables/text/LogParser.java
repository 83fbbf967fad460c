// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.statement.Log;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** Reads the options of {@code log}, whose keyword was read. */
final class LogParser {
    private final TokenStream in;
    private Optional<String> prefix = Optional.empty();
    private OptionalInt group = OptionalInt.empty();
    private OptionalLong snaplen = OptionalLong.empty();
    private OptionalInt threshold = OptionalInt.empty();
    private Optional<Log.Level> level = Optional.empty();
    private final Set<Log.Flag> flags = EnumSet.noneOf(Log.Flag.class);

    LogParser(TokenStream in) {
        this.in = in;
    }

    Log log() {
        Token place = in.peek();
        boolean more = true;
        while (more) {
            more = option();
        }
        if (group.isPresent() && (level.isPresent() || !flags.isEmpty())) {
            throw in.refused(place, "level and flags are for the kernel's log, and group is for NFLOG");
        }
        return in.checked(place, () -> new Log(prefix, group, snaplen, threshold, level, flags));
    }

    private boolean option() {
        if (in.accept("prefix")) {
            prefix = Optional.of(in.name("a prefix"));
        } else if (in.accept("group")) {
            group = OptionalInt.of((int) in.number("an NFLOG group", 0, 65_535));
        } else if (in.accept("snaplen")) {
            snaplen = OptionalLong.of(in.number("a number of bytes", 0, 0xffff_ffffL));
        } else if (in.accept("queue-threshold")) {
            threshold = OptionalInt.of((int) in.number("a number of packets", 0, 65_535));
        } else if (in.accept("level")) {
            level = Optional.of(level());
        } else if (in.accept("flags")) {
            flags();
        } else {
            return false;
        }
        return true;
    }

    private Log.Level level() {
        String word = in.peek().text();
        for (Log.Level each : Log.Level.values()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(word)) {
                in.next();
                return each;
            }
        }
        throw in.expected("a level: emerg, alert, crit, err, warn, notice, info, debug or audit");
    }

    private void flags() {
        if (in.accept("all")) {
            flags.addAll(RuleNames.ALL_LOG_FLAGS);
        } else if (in.accept("skuid")) {
            flags.add(Log.Flag.SKUID);
        } else if (in.accept("ether")) {
            flags.add(Log.Flag.ETHER);
        } else if (in.accept("ip")) {
            in.expect("options");
            flags.add(Log.Flag.IP_OPTIONS);
        } else if (in.accept("tcp")) {
            do {
                if (in.accept("sequence")) {
                    flags.add(Log.Flag.TCP_SEQUENCE);
                } else {
                    in.expect("options");
                    flags.add(Log.Flag.TCP_OPTIONS);
                }
            } while (in.accept(","));
        } else {
            throw in.expected("all, tcp, ip options, skuid or ether");
        }
    }
}
