// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.AddressFamily;
import org.jspecify.annotations.Nullable;

/** Address translation ({@code nft_nat.c}, {@code nft_masq.c}, {@code nft_redir.c}). Flags are {@code NF_NAT_RANGE_*}. */
public sealed interface Translation extends Instruction {
    /** {@code NF_NAT_RANGE_MAP_IPS}: set by the kernel with an address. */
    long MAP_IPS = 1;
    /** {@code NF_NAT_RANGE_PROTO_SPECIFIED}: set by the kernel with a port. */
    long PROTO_SPECIFIED = 2;
    /** {@code NF_NAT_RANGE_PROTO_RANDOM}. */
    long RANDOM = 4;
    /** {@code NF_NAT_RANGE_PERSISTENT}. */
    long PERSISTENT = 8;
    /** {@code NF_NAT_RANGE_PROTO_RANDOM_FULLY}. */
    long RANDOM_FULLY = 0x10;
    /** {@code NF_NAT_RANGE_NETMAP}: the addresses are prefixes, from 5.8. */
    long NETMAP = 0x40;

    /**
     * Translates the source or the destination.
     *
     * @param type which of them
     * @param family IPv4 or IPv6
     * @param addressMin the register of the first address, or null
     * @param addressMax the register of the last address, or null
     * @param portMin the register of the first port, or null
     * @param portMax the register of the last port, or null
     * @param flags the flags, or null
     */
    record Nat(
            Type type,
            AddressFamily family,
            @Nullable Integer addressMin,
            @Nullable Integer addressMax,
            @Nullable Integer portMin,
            @Nullable Integer portMax,
            @Nullable Long flags)
            implements Translation {
        /** {@code NFTA_NAT_TYPE}. */
        static final Attribute TYPE = Attribute.be32(1);
        /** {@code NFTA_NAT_FAMILY}. */
        static final Attribute FAMILY = Attribute.be32(2);
        /** {@code NFTA_NAT_REG_ADDR_MIN}. */
        static final Attribute ADDR_MIN = Attribute.be32(3);
        /** {@code NFTA_NAT_REG_ADDR_MAX}. */
        static final Attribute ADDR_MAX = Attribute.be32(4);
        /** {@code NFTA_NAT_REG_PROTO_MIN}. */
        static final Attribute PROTO_MIN = Attribute.be32(5);
        /** {@code NFTA_NAT_REG_PROTO_MAX}. */
        static final Attribute PROTO_MAX = Attribute.be32(6);
        /** {@code NFTA_NAT_FLAGS}. */
        static final Attribute FLAGS = Attribute.be32(7);

        static final Format FORMAT =
                new Format("nat", Nat::read, TYPE, FAMILY, ADDR_MIN, ADDR_MAX, PROTO_MIN, PROTO_MAX, FLAGS);

        /** What is translated ({@code enum nft_nat_types}), in the order of their numbers from 0. */
        public enum Type {
            /** The source. */
            SNAT("snat"),
            /** The destination. */
            DNAT("dnat");

            private final String word;

            Type(String word) {
                this.word = word;
            }
        }

        /** Checks the ranges. */
        public Nat {
            Registers.check("addressMin", addressMin);
            Registers.check("addressMax", addressMax);
            Registers.check("portMin", portMin);
            Registers.check("portMax", portMax);
            Checks.u32("flags", flags);
        }

        private static Nat read(AttributeValues in) {
            return new Nat(
                    in.choice(TYPE, Type.values()),
                    AddressFamily.of(in.small(FAMILY)),
                    in.smallOrNull(ADDR_MIN),
                    in.smallOrNull(ADDR_MAX),
                    in.smallOrNull(PROTO_MIN),
                    in.smallOrNull(PROTO_MAX),
                    in.numberOrNull(FLAGS));
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(TYPE, type)
                    .put(FAMILY, family.number())
                    .put(ADDR_MIN, addressMin)
                    .put(ADDR_MAX, addressMax);
            to.put(PROTO_MIN, portMin).put(PROTO_MAX, portMax).put(FLAGS, flags);
        }

        @Override
        public void print(TextLine line) {
            line.text(type.word).family(family);
            line.number("addr_min reg", addressMin).number("addr_max reg", addressMax);
            line.number("proto_min reg", portMin)
                    .number("proto_max reg", portMax)
                    .hex("flags", flags);
        }
    }

    /**
     * Translates the source into the address of the output device.
     *
     * @param portMin the register of the first port, or null
     * @param portMax the register of the last port, or null
     * @param flags the flags, or null
     */
    record Masq(
            @Nullable Integer portMin,
            @Nullable Integer portMax,
            @Nullable Long flags) implements Translation {
        /** {@code NFTA_MASQ_FLAGS}. */
        static final Attribute FLAGS = Attribute.be32(1);
        /** {@code NFTA_MASQ_REG_PROTO_MIN}. */
        static final Attribute PROTO_MIN = Attribute.be32(2);
        /** {@code NFTA_MASQ_REG_PROTO_MAX}. */
        static final Attribute PROTO_MAX = Attribute.be32(3);

        static final Format FORMAT = new Format(
                "masq",
                in -> new Masq(in.smallOrNull(PROTO_MIN), in.smallOrNull(PROTO_MAX), in.numberOrNull(FLAGS)),
                FLAGS,
                PROTO_MIN,
                PROTO_MAX);

        /** Checks the ranges. */
        public Masq {
            Registers.check("portMin", portMin);
            Registers.check("portMax", portMax);
            Checks.u32("flags", flags);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(FLAGS, flags).put(PROTO_MIN, portMin).put(PROTO_MAX, portMax);
        }

        @Override
        public void print(TextLine line) {
            line.number("proto_min reg", portMin)
                    .number("proto_max reg", portMax)
                    .hex("flags", flags);
        }
    }

    /**
     * Translates the destination into this host.
     *
     * @param portMin the register of the first port, or null
     * @param portMax the register of the last port, or null
     * @param flags the flags, or null
     */
    record Redir(
            @Nullable Integer portMin,
            @Nullable Integer portMax,
            @Nullable Long flags) implements Translation {
        /** {@code NFTA_REDIR_REG_PROTO_MIN}. */
        static final Attribute PROTO_MIN = Attribute.be32(1);
        /** {@code NFTA_REDIR_REG_PROTO_MAX}. */
        static final Attribute PROTO_MAX = Attribute.be32(2);
        /** {@code NFTA_REDIR_FLAGS}. */
        static final Attribute FLAGS = Attribute.be32(3);

        static final Format FORMAT = new Format(
                "redir",
                in -> new Redir(in.smallOrNull(PROTO_MIN), in.smallOrNull(PROTO_MAX), in.numberOrNull(FLAGS)),
                PROTO_MIN,
                PROTO_MAX,
                FLAGS);

        /** Checks the ranges. */
        public Redir {
            Registers.check("portMin", portMin);
            Registers.check("portMax", portMax);
            Checks.u32("flags", flags);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(PROTO_MIN, portMin).put(PROTO_MAX, portMax).put(FLAGS, flags);
        }

        @Override
        public void print(TextLine line) {
            line.number("proto_min reg", portMin)
                    .number("proto_max reg", portMax)
                    .hex("flags", flags);
        }
    }
}
