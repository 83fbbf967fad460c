// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Addresses of IPv4, IPv6 and the link layer. Names of hosts are none: nothing is looked up. */
final class AddressText {
    private static final int GROUPS = 8;

    private AddressText() {}

    /** An address in decimal numbers; leading zeros are refused, because some programs read them as octal ones. */
    static Optional<BigInteger> ipv4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return Optional.empty();
        }
        BigInteger value = BigInteger.ZERO;
        for (String part : parts) {
            boolean octal = part.length() > 1 && part.charAt(0) == '0';
            if (part.isEmpty()
                    || octal
                    || part.length() > 3
                    || !part.chars().allMatch(each -> each >= '0' && each <= '9')) {
                return Optional.empty();
            }
            int number = Integer.parseInt(part);
            if (number > 255) {
                return Optional.empty();
            }
            value = value.shiftLeft(8).or(BigInteger.valueOf(number));
        }
        return Optional.of(value);
    }

    static String ipv4(BigInteger value) {
        int all = value.intValue();
        return (all >>> 24) + "." + (all >>> 16 & 255) + "." + (all >>> 8 & 255) + "." + (all & 255);
    }

    static Optional<BigInteger> ipv6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            return groups(text).filter(all -> all.size() == GROUPS).map(AddressText::join);
        }
        Optional<List<Integer>> before = gap == 0 ? Optional.of(List.of()) : groups(text.substring(0, gap));
        String rest = text.substring(gap + 2);
        Optional<List<Integer>> after = rest.isEmpty() ? Optional.of(List.of()) : groups(rest);
        if (before.isEmpty() || after.isEmpty()) {
            return Optional.empty();
        }
        List<Integer> all = new ArrayList<>(before.get());
        int missing = GROUPS - all.size() - after.get().size();
        if (missing < 0) {
            return Optional.empty();
        }
        for (int index = 0; index < missing; index++) {
            all.add(0);
        }
        all.addAll(after.get());
        return Optional.of(join(all));
    }

    /** The groups of 16 bits; the last two may be written as an address of IPv4. */
    private static Optional<List<Integer>> groups(String text) {
        List<Integer> groups = new ArrayList<>();
        String[] parts = text.split(":", -1);
        for (int index = 0; index < parts.length; index++) {
            String part = parts[index];
            Optional<BigInteger> dotted = index == parts.length - 1 ? ipv4(part) : Optional.empty();
            if (dotted.isPresent()) {
                groups.add(dotted.get().shiftRight(16).intValue());
                groups.add(dotted.get().intValue() & 0xffff);
            } else if (part.isEmpty() || part.length() > 4 || !isHex(part)) {
                return Optional.empty();
            } else {
                groups.add(Integer.parseInt(part, 16));
            }
        }
        return Optional.of(groups);
    }

    private static boolean isHex(String text) {
        return text.chars().allMatch(each -> each < 128 && Character.digit(each, 16) >= 0);
    }

    private static BigInteger join(List<Integer> groups) {
        BigInteger value = BigInteger.ZERO;
        for (int group : groups) {
            value = value.shiftLeft(16).or(BigInteger.valueOf(group));
        }
        return value;
    }

    /** In the form of RFC 5952, with addresses of IPv4 inside as inet_ntop(3) writes them. */
    static String ipv6(BigInteger value) {
        int[] groups = new int[GROUPS];
        for (int index = 0; index < GROUPS; index++) {
            groups[index] = value.shiftRight(16 * (GROUPS - 1 - index)).intValue() & 0xffff;
        }
        int best = 0;
        int length = 1;
        for (int start = 0; start < GROUPS; start++) {
            int end = start;
            while (end < GROUPS && groups[end] == 0) {
                end++;
            }
            if (end - start > length) {
                best = start;
                length = end - start;
            }
        }
        boolean dotted = best == 0 && (length == 6 || (length == 5 && groups[5] == 0xffff));
        StringBuilder text = new StringBuilder();
        int last = dotted ? GROUPS - 2 : GROUPS;
        for (int index = 0; index < last; index++) {
            if (length > 1 && index == best) {
                text.append("::");
                index += length - 1;
            } else {
                if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                    text.append(':');
                }
                text.append(Integer.toHexString(groups[index]));
            }
        }
        if (dotted) {
            text.append(text.charAt(text.length() - 1) == ':' ? "" : ":").append(ipv4(value));
        }
        return text.toString();
    }

    /** An address of the link layer, of one or two digits for each byte. */
    static Optional<BigInteger> link(String text) {
        BigInteger value = BigInteger.ZERO;
        for (String part : text.split(":", -1)) {
            if (part.isEmpty() || part.length() > 2 || !isHex(part)) {
                return Optional.empty();
            }
            value = value.shiftLeft(8).or(BigInteger.valueOf(Integer.parseInt(part, 16)));
        }
        return text.indexOf(':') < 0 ? Optional.empty() : Optional.of(value);
    }

    static String link(BigInteger value, int bits) {
        StringBuilder text = new StringBuilder();
        for (int rest = (bits + 7) / 8 - 1; rest >= 0; rest--) {
            text.append(text.isEmpty() ? "" : ":")
                    .append(String.format("%02x", value.shiftRight(8 * rest).intValue() & 255));
        }
        return text.toString();
    }
}
