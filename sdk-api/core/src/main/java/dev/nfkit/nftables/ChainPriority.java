// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The order of base chains at one hook: a packet passes chains with lower numbers first. Numbers and names are those of
 * nft(8): {@code filter} is 0 except for bridges, where it is −200; {@code mangle} is −150, {@code filter - 5} is −5.
 *
 * @param value any number; −2³¹ to 2³¹−1
 */
public record ChainPriority(int value) {
    private static final int NEAR = 10;

    private static final Pattern TEXT = Pattern.compile("\\s*(?:(-?\\d+)|([a-z]+)\\s*(?:([+-])\\s*(\\d+))?)\\s*");

    private static final Map<String, Integer> IP = names("raw", -300, "mangle", -150, "dstnat", -100, "filter", 0);
    private static final Map<String, Integer> BRIDGE = names("dstnat", -300, "filter", -200, "out", 100, "srcnat", 300);
    private static final Map<String, Integer> OTHERS = Map.of("filter", 0);

    static {
        IP.put("security", 50);
        IP.put("srcnat", 100);
    }

    private static Map<String, Integer> names(
            String first, int one, String second, int two, String third, int three, String fourth, int four) {
        Map<String, Integer> names = new LinkedHashMap<>();
        names.put(first, one);
        names.put(second, two);
        names.put(third, three);
        names.put(fourth, four);
        return names;
    }

    /**
     * Reads a priority as nft writes it.
     *
     * @param family the family of the chain's table, which determines the names
     * @param text a number, or a name with or without an offset, such as {@code mangle}, {@code filter - 5} or {@code
     *     srcnat + 10}
     * @return the priority
     * @throws IllegalArgumentException if it is none of these, or the number is out of 32 bits
     */
    public static ChainPriority parse(AddressFamily family, String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "priority \"" + text + "\" is neither a number nor a name with an offset, such as filter - 5");
        }
        String name = matcher.group(2);
        long base = 0;
        if (name != null) {
            Integer known = names(family).get(name);
            if (known == null) {
                throw new IllegalArgumentException("priority " + name + " is none of family " + Families.name(family)
                        + "; one of " + names(family).keySet());
            }
            base = known;
        }
        String number = name == null ? matcher.group(1) : matcher.group(4);
        long offset = 0;
        try {
            offset = number == null ? 0 : Long.parseLong(number);
        } catch (NumberFormatException e) {
            offset = Long.MAX_VALUE / 2;
        }
        long value = "-".equals(matcher.group(3)) ? base - offset : base + offset;
        if (value < Integer.MIN_VALUE || value > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "priority " + text.trim() + " is out of " + Integer.MIN_VALUE + " to " + Integer.MAX_VALUE);
        }
        return new ChainPriority((int) value);
    }

    /** The priority as nft prints it: by a name that is at most 10 away, if the hook has one. */
    String toText(AddressFamily family, String hook) {
        for (Map.Entry<String, Integer> named : names(family).entrySet()) {
            long offset = (long) value - named.getValue();
            boolean here = switch (named.getKey()) {
                case "dstnat" -> "prerouting".equals(hook);
                case "srcnat" -> "postrouting".equals(hook);
                case "out" -> "output".equals(hook);
                default -> true;
            };
            if (here && Math.abs(offset) <= NEAR) {
                return named.getKey() + (offset == 0 ? "" : offset > 0 ? " + " + offset : " - " + -offset);
            }
        }
        return toString();
    }

    private static Map<String, Integer> names(AddressFamily family) {
        boolean ip = family == AddressFamily.INET || family == AddressFamily.IPV4 || family == AddressFamily.IPV6;
        return ip ? IP : family == AddressFamily.BRIDGE ? BRIDGE : OTHERS;
    }

    /**
     * The number.
     *
     * @return text such as {@code -150}
     */
    @Override
    public String toString() {
        return Integer.toString(value);
    }
}
