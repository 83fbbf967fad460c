// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/** Reads and writes bytes of the packet ({@code nft_payload.c}). */
public sealed interface Payload extends Instruction {
    /** {@code NFTA_PAYLOAD_DREG}. */
    Attribute DREG = Attribute.be32(1);
    /** {@code NFTA_PAYLOAD_BASE}. */
    Attribute BASE = Attribute.be32(2);
    /** {@code NFTA_PAYLOAD_OFFSET}. */
    Attribute OFFSET = Attribute.be32(3);
    /** {@code NFTA_PAYLOAD_LEN}. */
    Attribute LEN = Attribute.be32(4);
    /** {@code NFTA_PAYLOAD_SREG}. */
    Attribute SREG = Attribute.be32(5);
    /** {@code NFTA_PAYLOAD_CSUM_TYPE}. */
    Attribute CSUM_TYPE = Attribute.be32(6);
    /** {@code NFTA_PAYLOAD_CSUM_OFFSET}. */
    Attribute CSUM_OFFSET = Attribute.be32(7);
    /** {@code NFTA_PAYLOAD_CSUM_FLAGS}. */
    Attribute CSUM_FLAGS = Attribute.be32(8);

    /** {@code NFT_PAYLOAD_L4CSUM_PSEUDOHDR}: the checksum of the transport header covers the field, too. */
    long L4CSUM_PSEUDOHDR = 1;

    /** The largest offset. */
    int MOST_OFFSET = 0xffff;

    /** What an offset counts from ({@code enum nft_payload_bases}), in the order of their numbers from 0. */
    enum Base {
        /** The link-layer header. */
        LINK("link"),
        /** The network header. */
        NETWORK("network"),
        /** The transport header. */
        TRANSPORT("transport"),
        /** What the transport header carries, from 6.0 and 5.10.x on. */
        INNER("inner"),
        /** The header of a tunnel inside {@link Inner}, from 6.2. */
        TUNNEL("tunnel");

        private final String word;

        Base(String word) {
            this.word = word;
        }
    }

    /** Checksums ({@code enum nft_payload_csum_types}), in the order of their numbers from 0. */
    enum Checksum {
        /** None. */
        NONE,
        /** The internet checksum (RFC 791). */
        INET,
        /** CRC-32c, of SCTP. */
        SCTP
    }

    /** The format of both. */
    static Format format() {
        return new Format("payload", Payload::read, DREG, BASE, OFFSET, LEN, SREG, CSUM_TYPE, CSUM_OFFSET, CSUM_FLAGS);
    }

    private static Payload read(AttributeValues in) {
        Base base = in.choice(BASE, Base.values());
        int offset = in.small(OFFSET);
        int length = in.small(LEN);
        if (in.has(DREG)) {
            return new Load(base, offset, length, in.small(DREG));
        }
        return new Write(
                base,
                offset,
                length,
                in.small(SREG),
                in.choice(CSUM_TYPE, Checksum.values(), Checksum.NONE),
                in.small(CSUM_OFFSET, 0),
                in.number(CSUM_FLAGS, 0));
    }

    @Override
    default String name() {
        return "payload";
    }

    /**
     * Loads bytes of the packet.
     *
     * @param base what the offset counts from
     * @param offset the first byte, 0 to 65535 (255 before 6.14)
     * @param length the number of bytes, 1 to 64
     * @param dreg the target
     */
    record Load(Base base, int offset, int length, int dreg) implements Payload {
        /** Checks the ranges. */
        public Load {
            Checks.range("offset", offset, 0, MOST_OFFSET);
            Checks.range("length", length, 1, Constant.MOST);
            Registers.check("dreg", dreg);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(DREG, dreg).put(BASE, base).put(OFFSET, offset).put(LEN, length);
        }

        @Override
        public void print(TextLine line) {
            line.text("load " + length + "b @ " + base.word + " header + " + offset + " => reg " + dreg);
        }
    }

    /**
     * Writes bytes into the packet and updates a checksum.
     *
     * @param base what the offsets count from
     * @param offset the first byte, 0 to 65535
     * @param length the number of bytes, 1 to 64
     * @param sreg the source
     * @param checksum the checksum of the header
     * @param checksumOffset its offset, 0 to 65535
     * @param flags {@code NFT_PAYLOAD_L4CSUM_*}
     */
    record Write(Base base, int offset, int length, int sreg, Checksum checksum, int checksumOffset, long flags)
            implements Payload {
        /** Checks the ranges. */
        public Write {
            Checks.range("offset", offset, 0, MOST_OFFSET);
            Checks.range("length", length, 1, Constant.MOST);
            Registers.check("sreg", sreg);
            Checks.range("offset of the checksum", checksumOffset, 0, MOST_OFFSET);
            Checks.u32("flags", flags);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(SREG, sreg).put(BASE, base).put(OFFSET, offset).put(LEN, length);
            to.put(CSUM_TYPE, checksum).put(CSUM_OFFSET, checksumOffset).put(CSUM_FLAGS, flags);
        }

        @Override
        public void print(TextLine line) {
            line.text("write reg " + sreg + " => " + length + "b @ " + base.word + " header + " + offset);
            line.number("csum_type", checksum).number("csum_off", checksumOffset);
            line.hex("csum_flags", flags);
        }
    }
}
