// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.filter;

import dev.nfkit.filter.Match.Side;
import dev.nfkit.packet.IpPrefix;
import dev.nfkit.packet.IpProtocol;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Parses the language of {@link PacketFilter} by recursive descent. */
final class FilterParser {
    private static final int DEEPEST = 100;
    private static final long U32 = 0xffff_ffffL;
    private static final Pattern INTERFACE = Pattern.compile("[^()]{1,15}");

    private final Words words;
    private int depth;

    private FilterParser(Words words) {
        this.words = words;
    }

    static PacketFilter parse(String text) {
        Words words = new Words(text);
        if (words.ended()) {
            return new Combination.Any();
        }
        PacketFilter filter = new FilterParser(words).either();
        if (!words.ended()) {
            throw words.unexpected("\"and\", \"or\" or the end");
        }
        return filter;
    }

    private PacketFilter either() {
        List<PacketFilter> filters = new ArrayList<>(List.of(all()));
        while (words.accept("or") || words.accept("||")) {
            filters.add(all());
        }
        return filters.size() == 1 ? filters.get(0) : new Combination.Either(filters);
    }

    private PacketFilter all() {
        List<PacketFilter> filters = new ArrayList<>(List.of(not()));
        while (words.accept("and") || words.accept("&&")) {
            filters.add(not());
        }
        return filters.size() == 1 ? filters.get(0) : new Combination.All(filters);
    }

    private PacketFilter not() {
        if (++depth > DEEPEST) {
            throw words.error(words.position(), "it is nested deeper than " + DEEPEST);
        }
        PacketFilter filter;
        if (words.accept("not") || words.accept("!")) {
            filter = new Combination.Not(not());
        } else if (words.accept("(")) {
            filter = either();
            if (!words.accept(")")) {
                throw words.unexpected("\"and\", \"or\" or \")\"");
            }
        } else {
            filter = match();
        }
        depth--;
        return filter;
    }

    private PacketFilter match() {
        Integer protocol = Match.Protocol.WORDS.get(words.peek());
        if (protocol != null) {
            String word = words.take();
            return word.equals("tcp") && words.accept("flags") ? flags() : protocol(protocol);
        }
        switch (words.peek()) {
            case "sport", "dport", "port" -> {
                return ports(Match.Ports.ANY_PROTOCOL);
            }
            case "any",
                    "ip",
                    "ip6",
                    "proto",
                    "src",
                    "dst",
                    "host",
                    "mark",
                    "uid",
                    "gid",
                    "in",
                    "out",
                    "queue",
                    "group",
                    "len" -> {
                return property(words.take());
            }
            default -> throw words.unexpected("a match such as \"udp\", \"dport 53\" or \"src 10.0.0.0/8\"");
        }
    }

    private PacketFilter property(String word) {
        return switch (word) {
            case "any" -> new Combination.Any();
            case "ip" -> new Match.Version(4);
            case "ip6" -> new Match.Version(6);
            case "proto" -> protocol((int) number("a protocol", 255));
            case "src" -> address(Side.SOURCE);
            case "dst" -> address(Side.DESTINATION);
            case "host" -> address(Side.EITHER);
            case "mark" -> mark();
            case "uid" -> new Match.User(number("a user id", U32));
            case "gid" -> new Match.GroupId(number("a group id", U32));
            case "in" -> new Match.In(name());
            case "out" -> new Match.Out(name());
            case "group" -> new Match.Group((int) number("a group", 65535));
            case "queue" -> new Match.Queue((int) number("a queue", 65535));
            default -> length();
        };
    }

    private PacketFilter protocol(int protocol) {
        return switch (words.peek()) {
            case "sport", "dport", "port" -> ports(protocol);
            default -> new Match.Protocol(protocol);
        };
    }

    private PacketFilter ports(int protocol) {
        int start = words.position();
        if (protocol != Match.Ports.ANY_PROTOCOL && !IpProtocol.hasPorts(protocol)) {
            throw words.error(start, Match.Protocol.text(protocol) + " has no ports");
        }
        Side side = switch (words.take()) {
            case "sport" -> Side.SOURCE;
            case "dport" -> Side.DESTINATION;
            default -> Side.EITHER;
        };
        int at = words.position();
        String what = "a port, or a range such as 1024-65535, of 0 to 65535";
        List<Long> ends = value(
                what,
                text -> Arrays.stream(text.split("-", 2))
                        .map(part -> parse(part, 65535))
                        .toList());
        long from = ends.get(0);
        long to = ends.get(ends.size() - 1);
        if (to < from) {
            throw words.error(at, "the range " + from + "-" + to + " is empty");
        }
        return new Match.Ports(protocol, side, (int) from, (int) to);
    }

    private PacketFilter flags() {
        int set = 0;
        int clear = 0;
        do {
            boolean not = words.accept("!");
            int at = words.position();
            int bit = value("a flag of " + String.join(", ", Match.TcpFlags.WORDS), text -> {
                int index = Arrays.asList(Match.TcpFlags.WORDS).indexOf(text);
                if (index < 0) {
                    throw new NumberFormatException(text);
                }
                return 1 << index;
            });
            if (((set | clear) & bit) != 0) {
                throw words.error(at, "the flag is given twice");
            }
            set |= not ? 0 : bit;
            clear |= not ? bit : 0;
        } while (words.accept(","));
        return new Match.TcpFlags(set, clear);
    }

    private PacketFilter address(Side side) {
        int at = words.position();
        String text = words.peek();
        if (words.ended()) {
            throw words.unexpected("an address");
        }
        try {
            IpPrefix network = IpPrefix.parse(text);
            words.take();
            return new Match.Address(side, network);
        } catch (IllegalArgumentException e) {
            throw words.error(at, String.valueOf(e.getMessage()));
        }
    }

    private PacketFilter mark() {
        int at = words.position();
        Match.Mark mark = value("a mark, or mark/mask, of 0 to 0xffffffff", text -> {
            int slash = text.indexOf('/');
            long mask = slash < 0 ? U32 : parse(text.substring(slash + 1), U32);
            return new Match.Mark(parse(slash < 0 ? text : text.substring(0, slash), U32), mask);
        });
        if ((mark.value() & ~mark.mask()) != 0) {
            throw words.error(at, "the mark has bits outside its mask, and would never match");
        }
        return mark;
    }

    private String name() {
        return value("the name of an interface, of at most 15 characters", text -> {
            if (!INTERFACE.matcher(text).matches()) {
                throw new NumberFormatException(text);
            }
            return text;
        });
    }

    private PacketFilter length() {
        Comparison comparison = Comparison.of(words.peek()).orElse(null);
        if (comparison == null) {
            throw words.unexpected("<, <=, =, !=, >= or >");
        }
        words.take();
        return new Match.Length(comparison, (int) number("a length", Integer.MAX_VALUE));
    }

    private long number(String what, long most) {
        return value(what + " of 0 to " + most, text -> parse(text, most));
    }

    private <T> T value(String what, Function<String, T> reader) {
        try {
            T value = reader.apply(words.peek());
            words.take();
            return value;
        } catch (NumberFormatException e) {
            throw words.unexpected(what);
        }
    }

    private static long parse(String text, long most) {
        boolean hex = text.startsWith("0x");
        long number = hex ? Long.parseLong(text.substring(2), 16) : Long.parseLong(text);
        if (number < 0 || number > most || !Character.isLetterOrDigit(text.charAt(hex ? 2 : 0))) {
            throw new NumberFormatException(text);
        }
        return number;
    }
}
