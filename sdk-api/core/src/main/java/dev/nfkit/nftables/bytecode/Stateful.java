// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/** Instructions that have a state. Elements of sets may have them, and most may be objects. */
public sealed interface Stateful extends Instruction {
    /**
     * Counts ({@code nft_counter.c}).
     *
     * @param packets the number of packets, unsigned
     * @param bytes the number of bytes, unsigned
     */
    record Counter(long packets, long bytes) implements Stateful {
        /** {@code NFTA_COUNTER_BYTES}. */
        static final Attribute BYTES = Attribute.be64(1);
        /** {@code NFTA_COUNTER_PACKETS}. */
        static final Attribute PACKETS = Attribute.be64(2);
        /** {@code NFTA_COUNTER_PAD}. */
        static final Attribute PAD = Attribute.pad(3);

        static final Format FORMAT = new Format(
                "counter", in -> new Counter(in.number(PACKETS, 0), in.number(BYTES, 0)), BYTES, PACKETS, PAD);

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(BYTES, bytes).put(PACKETS, packets);
        }

        @Override
        public void print(TextLine line) {
            line.number("pkts", packets).number("bytes", bytes);
        }
    }

    /**
     * Ends the rule above a rate ({@code nft_limit.c}).
     *
     * @param rate packets or bytes in a unit of time, unsigned
     * @param unit the unit of time in seconds, unsigned
     * @param burst the packets or bytes above the rate, 0 to 2³²−1
     * @param ofBytes whether bytes are limited instead of packets
     * @param flags {@code NFT_LIMIT_F_*}
     */
    record Limit(long rate, long unit, long burst, boolean ofBytes, long flags) implements Stateful {
        /** {@code NFT_LIMIT_F_INV}: ends the rule below the rate. */
        public static final long INVERT = 1;

        /** {@code NFTA_LIMIT_RATE}. */
        static final Attribute RATE = Attribute.be64(1);
        /** {@code NFTA_LIMIT_UNIT}. */
        static final Attribute UNIT = Attribute.be64(2);
        /** {@code NFTA_LIMIT_BURST}. */
        static final Attribute BURST = Attribute.be32(3);
        /** {@code NFTA_LIMIT_TYPE}: 0 for packets, 1 for bytes. */
        static final Attribute TYPE = Attribute.be32(4);
        /** {@code NFTA_LIMIT_FLAGS}. */
        static final Attribute FLAGS = Attribute.be32(5);
        /** {@code NFTA_LIMIT_PAD}. */
        static final Attribute PAD = Attribute.pad(6);

        static final Format FORMAT = new Format("limit", Limit::read, RATE, UNIT, BURST, TYPE, FLAGS, PAD);

        /** Checks the ranges. */
        public Limit {
            Checks.u32("burst", burst);
            Checks.u32("flags", flags);
        }

        private static Limit read(AttributeValues in) {
            long type = Checks.range("type", in.number(TYPE, 0), 0, 1);
            return new Limit(in.number(RATE), in.number(UNIT), in.number(BURST, 0), type == 1, in.number(FLAGS, 0));
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(RATE, rate)
                    .put(UNIT, unit)
                    .put(BURST, burst)
                    .put(TYPE, ofBytes ? 1 : 0)
                    .put(FLAGS, flags);
        }

        @Override
        public void print(TextLine line) {
            line.text("rate " + Long.toUnsignedString(rate) + "/" + unitWord()).number("burst", burst);
            line.text(ofBytes ? "type bytes" : "type packets").hex("flags", flags);
        }

        private String unitWord() {
            if (unit == 1) {
                return "second";
            } else if (unit == 60) {
                return "minute";
            } else if (unit == 60 * 60) {
                return "hour";
            } else if (unit == 24 * 60 * 60) {
                return "day";
            }
            return unit == 7 * 24 * 60 * 60 ? "week" : "error";
        }
    }

    /**
     * Ends the rule above a number of bytes ({@code nft_quota.c}).
     *
     * @param bytes the quota, unsigned
     * @param consumed what has passed, unsigned
     * @param flags {@code NFT_QUOTA_F_*}
     */
    record Quota(long bytes, long consumed, long flags) implements Stateful {
        /** {@code NFT_QUOTA_F_INV}: ends the rule up to the quota. */
        public static final long INVERT = 1;
        /** {@code NFT_QUOTA_F_DEPLETED}: the quota has been reached. */
        public static final long DEPLETED = 2;

        /** {@code NFTA_QUOTA_BYTES}. */
        static final Attribute BYTES = Attribute.be64(1);
        /** {@code NFTA_QUOTA_FLAGS}. */
        static final Attribute FLAGS = Attribute.be32(2);
        /** {@code NFTA_QUOTA_PAD}. */
        static final Attribute PAD = Attribute.pad(3);
        /** {@code NFTA_QUOTA_CONSUMED}. */
        static final Attribute CONSUMED = Attribute.be64(4);

        static final Format FORMAT = new Format(
                "quota",
                in -> new Quota(in.number(BYTES), in.number(CONSUMED, 0), in.number(FLAGS, 0)),
                BYTES,
                FLAGS,
                PAD,
                CONSUMED);

        /** Checks the range. */
        public Quota {
            Checks.u32("flags", flags);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(BYTES, bytes).put(CONSUMED, consumed).put(FLAGS, flags);
        }

        @Override
        public void print(TextLine line) {
            line.number("bytes", bytes).number("consumed", consumed).number("flags", flags);
        }
    }

    /**
     * Keeps the time of the last packet ({@code nft_last.c}, from 5.14).
     *
     * @param millis the time since then in milliseconds, unsigned; null if there was none
     */
    record Last(@Nullable Long millis) implements Stateful {
        /** {@code NFTA_LAST_SET}: 1 if there was a packet. */
        static final Attribute SET = Attribute.be32(1);
        /** {@code NFTA_LAST_MSECS}. */
        static final Attribute MSECS = Attribute.be64(2);
        /** {@code NFTA_LAST_PAD}. */
        static final Attribute PAD = Attribute.pad(3);

        static final Format FORMAT = new Format("last", Last::read, SET, MSECS, PAD);

        private static Last read(AttributeValues in) {
            long set = Checks.range("set", in.number(SET, 0), 0, 1);
            long millis = in.number(MSECS, 0);
            Checks.range("time of no packet", set == 0 ? millis : 0, 0, 0);
            return new Last(set == 0 ? null : millis);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            Long since = millis;
            to.put(SET, since == null ? 0 : 1).put(MSECS, since == null ? 0 : since);
        }

        @Override
        public void print(TextLine line) {
            Long since = millis;
            line.text(since == null ? "never" : Long.toUnsignedString(since));
        }
    }

    /**
     * Ends the rule above a number of connections ({@code nft_connlimit.c}).
     *
     * @param count the number, 0 to 2³²−1
     * @param flags {@code NFT_CONNLIMIT_F_*}
     */
    record Connlimit(long count, long flags) implements Stateful {
        /** {@code NFT_CONNLIMIT_F_INV}: ends the rule up to the number. */
        public static final long INVERT = 1;

        /** {@code NFTA_CONNLIMIT_COUNT}. */
        static final Attribute COUNT = Attribute.be32(1);
        /** {@code NFTA_CONNLIMIT_FLAGS}; the kernel omits 0. */
        static final Attribute FLAGS = Attribute.be32(2);

        static final Format FORMAT =
                new Format("connlimit", in -> new Connlimit(in.number(COUNT), in.number(FLAGS, 0)), COUNT, FLAGS);

        /** Checks the ranges. */
        public Connlimit {
            Checks.u32("count", count);
            Checks.u32("flags", flags);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(COUNT, count).put(FLAGS, flags == 0 ? null : Long.valueOf(flags));
        }

        @Override
        public void print(TextLine line) {
            line.number("count", count).text("flags " + Long.toHexString(flags));
        }
    }
}
