// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.AddressFamily;
import org.jspecify.annotations.Nullable;

/** Instructions that send the packet, or a copy of it, on another way, or its connection past tracking or rules. */
public sealed interface Diversion extends Instruction {
    /**
     * Assigns the packet to a local socket ({@code nft_tproxy.c}).
     *
     * @param family the family of the socket's address, {@link AddressFamily#UNSPEC} for both
     * @param address the register of the address, or null
     * @param port the register of the port, or null
     */
    record Tproxy(
            AddressFamily family,
            @Nullable Integer address,
            @Nullable Integer port) implements Diversion {
        /** {@code NFTA_TPROXY_FAMILY}. */
        static final Attribute FAMILY = Attribute.be32(1);
        /** {@code NFTA_TPROXY_REG_ADDR}. */
        static final Attribute REG_ADDR = Attribute.be32(2);
        /** {@code NFTA_TPROXY_REG_PORT}. */
        static final Attribute REG_PORT = Attribute.be32(3);

        static final Format FORMAT = new Format(
                "tproxy",
                in -> new Tproxy(
                        AddressFamily.of(in.small(FAMILY)), in.smallOrNull(REG_ADDR), in.smallOrNull(REG_PORT)),
                FAMILY,
                REG_ADDR,
                REG_PORT);

        /** Checks the registers. */
        public Tproxy {
            Registers.check("address", address);
            Registers.check("port", port);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(FAMILY, family.number()).put(REG_ADDR, address).put(REG_PORT, port);
        }

        @Override
        public void print(TextLine line) {
            if (family != AddressFamily.UNSPEC) {
                line.family(family);
            }
            line.number("addr reg", address).number("port reg", port);
        }
    }

    /**
     * Answers SYN packets in place of the server ({@code nft_synproxy.c}).
     *
     * @param mss the maximum segment size, 0 to 65535, or null
     * @param windowScale the window scale, 0 to 255, or null
     * @param flags {@code NF_SYNPROXY_OPT_*}, or null
     */
    record Synproxy(
            @Nullable Integer mss,
            @Nullable Integer windowScale,
            @Nullable Long flags) implements Diversion {
        /** {@code NFTA_SYNPROXY_MSS}. */
        static final Attribute MSS = Attribute.be16(1);
        /** {@code NFTA_SYNPROXY_WSCALE}. */
        static final Attribute WSCALE = Attribute.u8(2);
        /** {@code NFTA_SYNPROXY_FLAGS}. */
        static final Attribute FLAGS = Attribute.be32(3);

        static final Format FORMAT = new Format(
                "synproxy",
                in -> new Synproxy(in.smallOrNull(MSS), in.smallOrNull(WSCALE), in.numberOrNull(FLAGS)),
                MSS,
                WSCALE,
                FLAGS);

        /** Checks the ranges. */
        public Synproxy {
            Checks.range("mss", mss, 0, 0xffff);
            Checks.range("window scale", windowScale, 0, 0xff);
            Checks.u32("flags", flags);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(MSS, mss).put(WSCALE, windowScale).put(FLAGS, flags);
        }

        @Override
        public void print(TextLine line) {
            if (mss != null && windowScale != null) {
                line.number("mss", mss).number("wscale", windowScale);
            }
        }
    }

    /**
     * Sends a copy ({@code nft_dup_ipv4.c}, {@code nft_dup_netdev.c}).
     *
     * @param address the register of the next hop's address, or null
     * @param device the register of the index of the output device, or null
     */
    record Dup(@Nullable Integer address, @Nullable Integer device) implements Diversion {
        /** {@code NFTA_DUP_SREG_ADDR}. */
        static final Attribute SREG_ADDR = Attribute.be32(1);
        /** {@code NFTA_DUP_SREG_DEV}. */
        static final Attribute SREG_DEV = Attribute.be32(2);

        static final Format FORMAT = new Format(
                "dup", in -> new Dup(in.smallOrNull(SREG_ADDR), in.smallOrNull(SREG_DEV)), SREG_ADDR, SREG_DEV);

        /** Checks the registers. */
        public Dup {
            Registers.check("address", address);
            Registers.check("device", device);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(SREG_ADDR, address).put(SREG_DEV, device);
        }

        @Override
        public void print(TextLine line) {
            line.number("sreg_addr", address).number("sreg_dev", device);
        }
    }

    /**
     * Sends the packet out of a device, from netdev chains ({@code nft_fwd_netdev.c}).
     *
     * @param device the register of the index of the output device
     * @param address the register of the neighbour's address, or null
     * @param family the family of that address, or null
     */
    record Fwd(
            int device, @Nullable Integer address, @Nullable AddressFamily family) implements Diversion {
        /** {@code NFTA_FWD_SREG_DEV}. */
        static final Attribute SREG_DEV = Attribute.be32(1);
        /** {@code NFTA_FWD_SREG_ADDR}. */
        static final Attribute SREG_ADDR = Attribute.be32(2);
        /** {@code NFTA_FWD_NFPROTO}. */
        static final Attribute NFPROTO = Attribute.be32(3);

        static final Format FORMAT = new Format("fwd", Fwd::read, SREG_DEV, SREG_ADDR, NFPROTO);

        /** Checks the registers. */
        public Fwd {
            Registers.check("device", device);
            Registers.check("address", address);
        }

        private static Fwd read(AttributeValues in) {
            Integer family = in.smallOrNull(NFPROTO);
            return new Fwd(
                    in.small(SREG_DEV), in.smallOrNull(SREG_ADDR), family == null ? null : AddressFamily.of(family));
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(SREG_DEV, device).put(SREG_ADDR, address);
            to.put(NFPROTO, family == null ? null : Integer.valueOf(family.number()));
        }

        @Override
        public void print(TextLine line) {
            line.number("sreg_dev", device).number("sreg_addr", address);
            line.number("nfproto", family == null ? null : Integer.valueOf(family.number()));
        }
    }

    /** Exempts the packet from connection tracking ({@code nft_ct.c}). It has no attributes. */
    record Notrack() implements Diversion {
        static final Format FORMAT = new Format("notrack", in -> new Notrack());

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public boolean hasData() {
            return false;
        }

        @Override
        public void write(AttributeSink to) {
            // nothing
        }

        @Override
        public void print(TextLine line) {
            // only the name
        }
    }

    /**
     * Adds the connection to a flow table ({@code nft_flow_offload.c}).
     *
     * @param table the name of the flow table
     */
    record FlowOffload(String table) implements Diversion {
        /** {@code NFTA_FLOW_TABLE_NAME}. */
        static final Attribute TABLE_NAME = Attribute.text(1);

        static final Format FORMAT = new Format("flow_offload", in -> new FlowOffload(in.text(TABLE_NAME)), TABLE_NAME);

        /** Checks the name. */
        public FlowOffload {
            Checks.name("table", table);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(TABLE_NAME, table);
        }

        @Override
        public void print(TextLine line) {
            line.text("flowtable " + table);
        }
    }
}
