// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import static dev.nfkit.wire.Netlink.NLA_HDRLEN;

import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A condition that holds if an attribute's value, under a mask, is one of a set of values. For instance, this one holds if
 * the destination of a connection's original direction lies in 192.0.2.0/24:
 *
 * <pre>{@code
 * AttributeCondition.at(1, 1, 2).width(4).mask(0xffffff00L).is(0xc0000200L)
 * }</pre>
 *
 * <p>It reads a message as the kernel's filters do ({@code SKF_AD_NLATTR} and {@code SKF_AD_NLATTR_NEST} in {@code
 * net/core/filter.c}, by {@code nla_find}): attributes start after the {@code struct nfgenmsg}; if one occurs twice,
 * the first counts; after one with an invalid length, no attribute is found. An attribute shorter than the part that is
 * read counts as absent. Immutable.
 */
public final class AttributeCondition implements EventCondition {
    private static final int DEEPEST = 8;
    private static final int LONGEST_VALUE = 0xffff - NLA_HDRLEN;

    private final int[] path;
    private final int offset;
    private final int width;
    private final long mask;
    private final long[] values;
    private final WhenAbsent whenAbsent;

    private AttributeCondition(Builder from, long[] values) {
        this.path = from.path;
        this.offset = from.offset;
        this.width = from.width;
        this.mask = from.mask < 0 ? greatest(from.width) : from.mask;
        this.values = values;
        this.whenAbsent = from.whenAbsent;
    }

    private static long greatest(int width) {
        return (1L << (8 * width)) - 1;
    }

    /** The result of a condition if the attribute is absent. */
    public enum WhenAbsent {
        /** The condition holds. */
        PASS,
        /** The condition does not hold. */
        FAIL,
        /** The attribute is read as 0, because the kernel omits a mark that is 0. */
        ZERO
    }

    /**
     * Begins a condition of all bits of the value's first byte, which does not hold if the attribute is absent.
     *
     * @param path the attribute's code after those it is nested in, the outermost first: 1 to 8 codes, each 1 to 16383
     * @return a builder that {@link Builder#is} completes
     * @throws IllegalArgumentException if the path is empty or too long, or a code is out of range
     */
    public static Builder at(int... path) {
        return new Builder(path);
    }

    /** Collects what to read and how; {@link #is} completes it. Not safe for several threads. */
    public static final class Builder {
        private final int[] path;
        private int offset;
        private int width = 1;
        private long mask = -1;
        private WhenAbsent whenAbsent = WhenAbsent.FAIL;

        private Builder(int... path) {
            if (path.length < 1 || path.length > DEEPEST) {
                throw new IllegalArgumentException("path of " + path.length + " codes is out of 1 to " + DEEPEST);
            }
            for (int code : path) {
                if (code < 1 || code > Netlink.NLA_TYPE_MASK) {
                    throw new IllegalArgumentException(
                            "path code " + code + " is out of 1 to " + Netlink.NLA_TYPE_MASK);
                }
            }
            this.path = path.clone();
        }

        /**
         * Sets the place in the value to read from.
         *
         * @param bytes an offset in bytes, from 0, which is the default; what is read must end within 65531 bytes
         * @return this builder
         */
        public Builder offset(int bytes) {
            offset = bytes;
            return this;
        }

        /**
         * Sets the number of bytes to read, as a big-endian number.
         *
         * @param bytes 1, which is the default, 2 or 4
         * @return this builder
         */
        public Builder width(int bytes) {
            width = bytes;
            return this;
        }

        /**
         * Which bits of the number matter.
         *
         * @param bits 1 to the greatest number of the width, which is the default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder mask(long bits) {
            if (bits < 1) {
                throw new IllegalArgumentException("mask " + bits + " is less than 1");
            }
            mask = bits;
            return this;
        }

        /**
         * Sets the result if the attribute is absent.
         *
         * @param answer {@link WhenAbsent#FAIL} unless set
         * @return this builder
         */
        public Builder whenAbsent(WhenAbsent answer) {
            whenAbsent = answer;
            return this;
        }

        /**
         * Completes the condition.
         *
         * @param values the values that match after masking, at least one, each within the mask
         * @return the condition
         * @throws IllegalArgumentException if width, offset, mask or a value is out of its range, or there is no value
         */
        public AttributeCondition is(long... values) {
            if (width != 1 && width != 2 && width != 4) {
                throw new IllegalArgumentException("width " + width + " is none of 1, 2 and 4");
            }
            if (offset < 0 || offset > LONGEST_VALUE - width) {
                throw new IllegalArgumentException("offset " + offset + " is out of 0 to " + (LONGEST_VALUE - width));
            }
            if (mask > greatest(width)) {
                throw new IllegalArgumentException(
                        String.format("mask 0x%x is out of 1 to 0x%x", mask, greatest(width)));
            }
            if (values.length == 0) {
                throw new IllegalArgumentException("values is empty: no message could match");
            }
            AttributeCondition condition = new AttributeCondition(
                    this, Arrays.stream(values).sorted().distinct().toArray());
            for (long value : values) {
                if ((value & ~condition.mask) != 0) {
                    throw new IllegalArgumentException(String.format(
                            "value 0x%x has bits that the mask 0x%x lacks: it could never match",
                            value, condition.mask));
                }
            }
            return condition;
        }
    }

    /**
     * The attribute's code after those it is nested in.
     *
     * @return 1 to 8 codes, each 1 to 16383, the outermost first; unmodifiable
     */
    public List<Integer> path() {
        return IntStream.of(path).boxed().toList();
    }

    /**
     * The place in the value that it reads from.
     *
     * @return an offset in bytes, from 0
     */
    public int offset() {
        return offset;
    }

    /**
     * The number of bytes that it reads.
     *
     * @return 1, 2 or 4
     */
    public int width() {
        return width;
    }

    /**
     * Which bits of the number matter.
     *
     * @return 1 to the greatest number of the width
     */
    public long mask() {
        return mask;
    }

    /**
     * The values that match after masking.
     *
     * @return one and more values, ascending, each within the mask; unmodifiable
     */
    public List<Long> values() {
        return LongStream.of(values).boxed().toList();
    }

    /**
     * The result if the attribute is absent.
     *
     * @return as it was built
     */
    public WhenAbsent whenAbsent() {
        return whenAbsent;
    }

    /**
     * Whether the condition holds if the attribute is absent: {@link WhenAbsent#ZERO} holds if 0 is one of the values.
     *
     * @return the answer
     */
    public boolean passesWhenAbsent() {
        return switch (whenAbsent) {
            case PASS -> true;
            case FAIL -> false;
            case ZERO -> values[0] == 0;
        };
    }

    @Override
    public boolean matches(MessageCursor message) {
        ByteBuffer buffer = message.buffer();
        boolean swap = message.order() == ByteOrder.LITTLE_ENDIAN;
        int from = message.attributesOffset();
        int end = message.end();
        int at = from;
        for (int code : path) {
            at = find(buffer, swap, from, end, code);
            if (at < 0) {
                return passesWhenAbsent();
            }
            from = at + NLA_HDRLEN;
            end = at + length(buffer, swap, at);
        }
        if (end - from < offset + width) {
            return passesWhenAbsent();
        }
        int place = from + offset;
        long number = switch (width) {
            case 1 -> buffer.get(place) & 0xffL;
            case 2 -> buffer.getShort(place) & 0xffffL;
            default -> buffer.getInt(place) & 0xffff_ffffL;
        };
        return Arrays.binarySearch(values, number & mask) >= 0;
    }

    /** The offset of the first attribute with a code, or −1, as {@code nla_find}. */
    private static int find(ByteBuffer buffer, boolean swap, int from, int end, int code) {
        int at = from;
        while (end - at >= NLA_HDRLEN) {
            int length = length(buffer, swap, at);
            if (length < NLA_HDRLEN || length > end - at) {
                return -1;
            }
            if ((u16(buffer, swap, at + 2) & Netlink.NLA_TYPE_MASK) == code) {
                return at;
            }
            at += Netlink.align(length);
        }
        return -1;
    }

    private static int length(ByteBuffer buffer, boolean swap, int at) {
        return u16(buffer, swap, at);
    }

    private static int u16(ByteBuffer buffer, boolean swap, int at) {
        short number = buffer.getShort(at);
        return (swap ? Short.reverseBytes(number) : number) & 0xffff;
    }

    /**
     * Whether another condition is the same.
     *
     * @param other anything
     * @return whether it is a condition on the same attribute, bytes, bits and values with the same result if absent
     */
    @Override
    public boolean equals(Object other) {
        return other instanceof AttributeCondition that
                && Arrays.equals(path, that.path)
                && offset == that.offset
                && width == that.width
                && mask == that.mask
                && Arrays.equals(values, that.values)
                && whenAbsent == that.whenAbsent;
    }

    /**
     * A hash code that agrees with {@link #equals}.
     *
     * @return the hash code
     */
    @Override
    public int hashCode() {
        return 31 * (31 * Arrays.hashCode(path) + Arrays.hashCode(values)) + Long.hashCode(mask) + offset;
    }

    /**
     * The condition as text.
     *
     * @return text such as {@code attribute 1/1/2 u32 & 0xffffff00 in [0xc0000200], absent: FAIL}
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("attribute ");
        text.append(IntStream.of(path).mapToObj(Integer::toString).collect(Collectors.joining("/")));
        if (offset > 0) {
            text.append('+').append(offset);
        }
        text.append(" u").append(8 * width);
        if (mask != greatest(width)) {
            text.append(String.format(" & 0x%x", mask));
        }
        text.append(LongStream.of(values)
                .mapToObj(value -> String.format("0x%x", value))
                .collect(Collectors.joining(", ", " in [", "]")));
        return text.append(", absent: ").append(whenAbsent).toString();
    }
}
