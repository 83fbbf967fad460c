package dev.nfkit.anonymize;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

/** Makes attributes anonymous in place; types and lengths stay. */
final class AttributeScrub {
    /** Of the attributes of an error ({@code enum nlmsgerr_attrs}) the one with anybody's bytes: a cookie. */
    private static final int COOKIE = 3;

    private static final int LAST_OF_ERRORS = 6;
    private static final int USERS = 100_000;

    private final Scrub scrub;
    private final PacketScrub packets;
    private final LinkScrub links;

    AttributeScrub(Scrub scrub) {
        this.scrub = scrub;
        packets = new PacketScrub(scrub);
        links = new LinkScrub(scrub);
    }

    private interface Change {
        void change(int type, Region value);
    }

    void replace(Region region, AttributeSchema schema, ByteOrder order) {
        walk(region, order, (type, value) -> {
            AttributeType known = schema.find(type).orElse(null);
            Optional<Treatment> treatment = known == null ? Optional.empty() : Treatment.of(known);
            if (known == null || treatment.isEmpty()) {
                MessageScrub.zero(value, 0);
            } else {
                treat(value, known, treatment.get(), order);
            }
        });
    }

    /** What the kernel says of an error, in its own words and numbers. */
    void replaceErrors(Region region, ByteOrder order) {
        walk(region, order, (type, value) -> {
            if (type == COOKIE || type > LAST_OF_ERRORS) {
                MessageScrub.zero(value, 0);
            }
        });
    }

    private static void walk(Region region, ByteOrder order, Change change) {
        AttributeCursor cursor = new AttributeCursor()
                .wrap(ByteBuffer.wrap(region.bytes), region.start, region.length, order, "attributes");
        int behind = 0;
        try {
            while (cursor.next()) {
                int at = cursor.offset() - region.start;
                int end = at + cursor.length();
                behind = Math.min(region.length, Netlink.align(end));
                Arrays.fill(region.bytes, region.start + end, region.start + behind, (byte) 0);
                change.change(cursor.type(), region.part(at, cursor.length()));
            }
        } catch (MalformedMessageException e) {
            MessageScrub.zero(region, behind);
        }
    }

    private void treat(Region value, AttributeType type, Treatment treatment, ByteOrder order) {
        switch (treatment) {
            case KEEP -> keep(value, type.shape());
            case ADDRESS -> {
                if (value.length == 4 || value.length == 16) {
                    value.address(scrub, 0, value.length);
                } else {
                    value.noise(scrub, 0);
                }
            }
            case PACKET -> {
                if (LinkScrub.isArp(value)) {
                    links.arp(value);
                } else {
                    packets.replace(value);
                }
            }
            case LINK_HEADER -> links.header(value);
            case HARDWARE_ADDRESS -> links.address(value);
            case TEXT -> text(value);
            case USER -> user(value);
            case NOISE -> value.noise(scrub, 0);
            case NEST ->
                type.nested()
                        .ifPresentOrElse(schema -> replace(value, schema, order), () -> MessageScrub.zero(value, 0));
            case KEEP_NEST -> {
                // It stays.
            }
        }
    }

    /** A number has no more bytes than its own. */
    private static void keep(Region value, AttributeShape shape) {
        if (shape != AttributeShape.BYTES && shape != AttributeShape.STRING) {
            MessageScrub.zero(value, shape.minimumLength());
        }
    }

    private void text(Region value) {
        int length = 0;
        while (length < value.length && value.u8(length) != 0) {
            length++;
        }
        SplittableRandom letters =
                new SplittableRandom(scrub.key.number(Key.Use.TEXT, value.bytes, value.start, length));
        for (int at = 0; at < length; at++) {
            value.bytes[value.start + at] = (byte) letters.nextInt('a', 'z' + 1);
        }
        MessageScrub.zero(value, length);
    }

    private void user(Region value) {
        if (value.length != 4) {
            MessageScrub.zero(value, 0);
            return;
        }
        int id = value.u16(0) << 16 | value.u16(2);
        if (id != 0) {
            int other = USERS + (int) (scrub.key.number(Key.Use.USER, id, 0) & 0xf_ffff);
            value.u16(0, other >>> 16);
            value.u16(2, other & 0xffff);
        }
    }
}
