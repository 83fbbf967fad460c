// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Makes attributes anonymous in place. Types and lengths stay. A value that is longer than its type gets zeros after
 * the end of the type; one that is shorter becomes zeros.
 */
final class AttributeScrub {
    /** The attributes of an error ({@code enum nlmsgerr_attrs}): a text, and numbers of 4 bytes. */
    private static final int MSG = 1;

    private static final int OFFS = 2;
    private static final int MISS_TYPE = 5;
    private static final int MISS_NEST = 6;

    private static final int USER_BITS = 32;
    private static final int ETHERTYPE_IP = 0x0800;
    private static final int ETHERTYPE_ARP = 0x0806;
    private static final int ETHERTYPE_IPV6 = 0x86dd;

    private final Scrub scrub;
    private final PacketScrub packets;
    private final LinkScrub links;
    /** The ethertype of the message's packet; 0 if it has not been read. */
    private int protocol;

    AttributeScrub(Scrub scrub) {
        this.scrub = scrub;
        packets = new PacketScrub(scrub);
        links = new LinkScrub(scrub);
    }

    private interface Change {
        void change(int type, Region value);
    }

    void replace(Region region, AttributeSchema schema, ByteOrder order) {
        protocol = 0;
        replace(region, schema, order, false);
    }

    /** Replaces attributes; inside a mask of addresses, these stay if they are masks. */
    private void replace(Region region, AttributeSchema schema, ByteOrder order, boolean mask) {
        walk(region, order, (type, value) -> {
            AttributeType known = schema.find(type).orElse(null);
            Optional<Treatment> treatment = known == null ? Optional.empty() : Treatment.of(known);
            if (known == null || treatment.isEmpty()) {
                value.zero(0);
            } else {
                treat(value, known, treatment.get(), order, mask);
            }
        });
    }

    /** Replaces the attributes of a message of numbers. */
    void replaceNumbers(Region region, int message, ByteOrder order) {
        walk(region, order, (type, value) -> number(value, NumberMessages.length(message, type)));
    }

    /** Replaces the attributes of an error: its text, which is the kernel's own, and its numbers stay. */
    void replaceErrors(Region region, ByteOrder order) {
        walk(region, order, (type, value) -> {
            switch (type) {
                case MSG -> value.zero(textLength(value));
                case OFFS, MISS_TYPE, MISS_NEST -> number(value, 4);
                default -> value.zero(0);
            }
        });
    }

    private static void walk(Region region, ByteOrder order, Change change) {
        AttributeCursor cursor = new AttributeCursor()
                .wrap(ByteBuffer.wrap(region.bytes), region.start, region.length, order, "attributes");
        int after = 0;
        try {
            while (cursor.next()) {
                int at = cursor.offset() - region.start;
                int end = at + cursor.length();
                after = Math.min(region.length, Netlink.align(end));
                region.zero(end, after - end);
                change.change(cursor.type(), region.part(at, cursor.length()));
            }
        } catch (MalformedMessageException e) {
            region.zero(after);
        }
    }

    private void treat(Region value, AttributeType type, Treatment treatment, ByteOrder order, boolean mask) {
        switch (treatment) {
            case KEEP -> number(value, type.shape().minimumLength());
            case STRUCTURE -> {
                number(value, Structures.length(type));
                protocol = Structures.protocol(type, value, protocol);
            }
            case BITMAP -> value.zero(Structures.length(type));
            case ADDRESS -> address(value, type.minimumLength(), mask);
            case PACKET -> packet(value);
            case LINK_HEADER -> links.header(value);
            case HARDWARE_ADDRESS -> links.address(value);
            case NAME -> {
                if (KernelNames.known(value.text(textLength(value)))) {
                    value.zero(textLength(value));
                } else {
                    text(value);
                }
            }
            case TEXT -> text(value);
            case USER -> user(value);
            case NOISE -> value.noise(scrub, 0);
            case NEST, MASK -> {
                boolean masks = mask || treatment == Treatment.MASK;
                type.nested().ifPresentOrElse(schema -> replace(value, schema, order, masks), () -> value.zero(0));
            }
        }
    }

    /** Replaces a packet. A protocol that is not known here may look like IP. */
    private void packet(Region value) {
        switch (protocol) {
            case 0, ETHERTYPE_IP, ETHERTYPE_IPV6, ETHERTYPE_ARP -> {
                if (LinkScrub.isArp(value)) {
                    links.arp(value);
                } else {
                    packets.replace(value);
                }
            }
            default -> packets.replaceUnknown(value);
        }
    }

    private static void number(Region value, int length) {
        value.zero(value.length < length ? 0 : length);
    }

    private void address(Region value, int length, boolean mask) {
        if (value.length < length) {
            value.zero(0);
            return;
        }
        value.zero(length);
        if (!mask) {
            value.address(scrub, 0, length);
        } else if (!isMask(value, length)) {
            value.zero(0);
        }
    }

    /** Whether these are ones followed by zeros, which is an address of no host. */
    private static boolean isMask(Region value, int length) {
        boolean ones = true;
        for (int at = 0; at < length * 8; at++) {
            boolean one = (value.u8(at / 8) >>> (7 - at % 8) & 1) != 0;
            if (one && !ones) {
                return false;
            }
            ones = one;
        }
        return true;
    }

    private static int textLength(Region value) {
        int length = 0;
        while (length < value.length && value.u8(length) != 0) {
            length++;
        }
        return length;
    }

    private void text(Region value) {
        int length = textLength(value);
        SplittableRandom letters =
                new SplittableRandom(scrub.key.number(Key.Use.TEXT, value.bytes, value.start, length));
        for (int at = 0; at < length; at++) {
            value.bytes[value.start + at] = (byte) letters.nextInt('a', 'z' + 1);
        }
        value.zero(length);
    }

    private void user(Region value) {
        number(value, 4);
        if (value.length >= 4) {
            long id = (long) value.u16(0) << 16 | value.u16(2);
            long other = scrub.key.permuted(Key.Use.USER, id, USER_BITS);
            value.u16(0, (int) (other >>> 16));
            value.u16(2, (int) other & 0xffff);
        }
    }
}
