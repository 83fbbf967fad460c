// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.filter.FilterSyntaxException;
import dev.nfkit.filter.PacketFilter;
import dev.nfkit.samples.cli.arguments.FilterLanguage;
import dev.nfkit.samples.cli.arguments.MaskedMark;
import dev.nfkit.samples.cli.arguments.Span;
import dev.nfkit.samples.cli.queue.Action.Kind;
import dev.nfkit.samples.cli.run.Failure;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses rules: settings, a colon, a filter. A filter never begins with a digit or a setting's word, so that the
 * settings and their colon are optional if an action needs none. A rule without a filter matches all packets.
 */
public final class RuleParser {
    private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);
    private static final Pattern PERCENT = Pattern.compile("\\d{1,3}(\\.\\d{1,9})?%");
    private static final Pattern SETTINGS = Pattern.compile("\\s*(?=[\\d-]|(?:bit|byte|checksums)\\b)([^:]*)(:?)");
    private static final Pattern WORD = Pattern.compile("\\S+");

    private final Kind kind;
    private final String text;
    private final List<String> words = new ArrayList<>();
    private final List<Integer> places = new ArrayList<>();
    private BigDecimal percent = HUNDRED;

    private RuleParser(Kind kind, String text) {
        this.kind = kind;
        this.text = text;
    }

    /** Parses the argument of an action's option. */
    public static Rule parse(Kind kind, String text) throws Failure {
        return new RuleParser(kind, text).rule();
    }

    private Rule rule() throws Failure {
        Matcher settings = SETTINGS.matcher(text);
        int filterAt = 0;
        if (settings.lookingAt()) {
            filterAt = settings.end();
            split(settings.start(1), settings.end(1));
        }
        Action action = action();
        if (!words.isEmpty()) {
            throw wrong(places.get(0), "\"" + words.get(0) + "\" is not a setting; " + wants());
        }
        try {
            return new Rule(action, percent, PacketFilter.parse(text.substring(filterAt)));
        } catch (FilterSyntaxException e) {
            String filter = text.substring(filterAt);
            throw wrong(filterAt + e.position(), e.problem() + FilterLanguage.other(filter));
        }
    }

    /** Parses the settings, except for the share of packets, which all actions have. */
    private void split(int from, int to) throws Failure {
        Matcher word = WORD.matcher(text).region(from, to);
        while (word.find()) {
            if (PERCENT.matcher(word.group()).matches()) {
                percent = new BigDecimal(word.group().substring(0, word.group().length() - 1));
                if (percent.signum() == 0 || percent.compareTo(HUNDRED) > 0) {
                    throw wrong(word.start(), word.group() + " is not more than 0% and at most 100%");
                }
            } else {
                words.add(word.group());
                places.add(word.start());
            }
        }
    }

    private Action action() throws Failure {
        return switch (kind) {
            case ACCEPT -> new Action.Accept();
            case DROP -> new Action.Drop();
            case MARK -> mark();
            case DELAY -> delay();
            case CORRUPT -> corrupt();
        };
    }

    private String take() throws Failure {
        if (words.isEmpty()) {
            throw wrong(0, wants());
        }
        places.remove(0);
        return words.remove(0);
    }

    private Action mark() throws Failure {
        int place = places.isEmpty() ? 0 : places.get(0);
        String word = take();
        try {
            return new Action.Mark(MaskedMark.parse(word));
        } catch (NumberFormatException e) {
            throw wrong(place, "expected a mark of 0 to 0xffffffff, or a mark with a mask such as 0x10/0xf0");
        }
    }

    private Action delay() throws Failure {
        long nanos = span();
        long jitter = words.isEmpty() ? 0 : span();
        if (jitter > nanos) {
            throw wrong(0, "the jitter is longer than the delay");
        }
        return new Action.Delay(nanos, jitter);
    }

    private long span() throws Failure {
        int place = places.isEmpty() ? 0 : places.get(0);
        String word = take();
        try {
            return Span.parse(word);
        } catch (NumberFormatException e) {
            throw wrong(place, "\"" + word + "\" is not a time; give one such as 50ms, 1.5s or 300us, up to a day");
        }
    }

    private Action corrupt() throws Failure {
        boolean bit = words.remove("bit");
        boolean wholeByte = words.remove("byte");
        boolean checksums = words.remove("checksums");
        if (bit && wholeByte) {
            throw wrong(0, "give bit or byte, not both");
        }
        return new Action.Corrupt(wholeByte, checksums);
    }

    private String wants() {
        return switch (kind) {
            case ACCEPT, DROP -> "expected " + kind.option() + " [PERCENT%:] [FILTER], such as '20%: udp dport 53'";
            case MARK -> "expected --mark MARK[/MASK] [PERCENT%][: FILTER], such as '7: tcp dport 443'";
            case DELAY -> "expected --delay TIME [JITTER] [PERCENT%][: FILTER], such as '50ms 10ms: icmp'";
            case CORRUPT -> "expected --corrupt [PERCENT%] [bit|byte] [checksums][: FILTER], such as '1%: udp'";
        };
    }

    private Failure wrong(int place, String what) {
        return Failure.usage(kind.option() + " '" + text + "', at character " + (place + 1) + ": " + what);
    }
}
