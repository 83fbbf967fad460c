// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Instructions that load what the kernel knows around a packet: routes, sockets, tunnels, IPsec. */
public sealed interface Context extends Instruction {
    /**
     * Loads what the packet's route has ({@code nft_rt.c}).
     *
     * @param key what
     * @param dreg the target
     */
    record Rt(RtKey key, int dreg) implements Context {
        /** {@code NFTA_RT_DREG}. */
        static final Attribute DREG = Attribute.be32(1);
        /** {@code NFTA_RT_KEY}. */
        static final Attribute KEY = Attribute.be32(2);

        static final Format FORMAT =
                new Format("rt", in -> new Rt(in.choice(KEY, RtKey.values()), in.small(DREG)), DREG, KEY);

        /** What a route has ({@code enum nft_rt_keys}), in the order of their numbers from 0. */
        public enum RtKey {
            /** The realm: 4 bytes, host order. */
            CLASSID,
            /** The next hop of IPv4. */
            NEXTHOP4,
            /** The next hop of IPv6. */
            NEXTHOP6,
            /** The maximum segment size of TCP: 2 bytes, host order. */
            TCPMSS,
            /** Whether IPsec applies: 1 byte. */
            IPSEC
        }

        /** Checks the register. */
        public Rt {
            Registers.check("dreg", dreg);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(KEY, key).put(DREG, dreg);
        }

        @Override
        public void print(TextLine line) {
            line.text("load " + key.name().toLowerCase(Locale.ROOT)).number("=> reg", dreg);
        }
    }

    /**
     * Loads what the packet's socket has ({@code nft_socket.c}).
     *
     * @param key what
     * @param dreg the target
     * @param level the ancestor of a control group, 0 to 255, or null
     */
    record Socket(SocketKey key, int dreg, @Nullable Integer level) implements Context {
        /** {@code NFTA_SOCKET_KEY}. */
        static final Attribute KEY = Attribute.be32(1);
        /** {@code NFTA_SOCKET_DREG}. */
        static final Attribute DREG = Attribute.be32(2);
        /** {@code NFTA_SOCKET_LEVEL}. */
        static final Attribute LEVEL = Attribute.be32(3);

        static final Format FORMAT = new Format(
                "socket",
                in -> new Socket(in.choice(KEY, SocketKey.values()), in.small(DREG), in.smallOrNull(LEVEL)),
                KEY,
                DREG,
                LEVEL);

        /** What a socket has ({@code enum nft_socket_keys}), in the order of their numbers from 0. */
        public enum SocketKey {
            /** Whether it is transparent: 1 byte. */
            TRANSPARENT,
            /** Its mark: 4 bytes, host order. */
            MARK,
            /** Whether it is bound to all addresses: 1 byte. */
            WILDCARD,
            /** The id of its control group of version 2: 8 bytes, host order. */
            CGROUPV2
        }

        /** Checks the ranges. */
        public Socket {
            Registers.check("dreg", dreg);
            Checks.range("level", level, 0, 0xff);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(KEY, key).put(DREG, dreg).put(LEVEL, level);
        }

        @Override
        public void print(TextLine line) {
            line.text("load " + key.name().toLowerCase(Locale.ROOT)).number("=> reg", dreg);
        }
    }

    /**
     * Loads the name of the operating system that sent a SYN packet ({@code nft_osf.c}).
     *
     * @param dreg the target, 16 bytes
     * @param ttl how the time to live is compared, 0 to 2 ({@code NF_OSF_TTL_*})
     * @param flags {@code NFT_OSF_F_*}
     */
    record Osf(int dreg, int ttl, long flags) implements Context {
        /** {@code NFT_OSF_F_VERSION}: name and version. */
        public static final long VERSION = 1;

        /** {@code NFTA_OSF_DREG}. */
        static final Attribute DREG = Attribute.be32(1);
        /** {@code NFTA_OSF_TTL}. */
        static final Attribute TTL = Attribute.u8(2);
        /** {@code NFTA_OSF_FLAGS}; the kernel dumps 0, and refuses it. */
        static final Attribute FLAGS = Attribute.be32(3);

        static final Format FORMAT = new Format(
                "osf", in -> new Osf(in.small(DREG), in.small(TTL, 0), in.number(FLAGS, 0)), DREG, TTL, FLAGS);

        /** Checks the ranges. */
        public Osf {
            Registers.check("dreg", dreg);
            Checks.range("ttl", ttl, 0, 0xff);
            Checks.u32("flags", flags);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(TTL, ttl).put(FLAGS, flags == 0 ? null : Long.valueOf(flags)).put(DREG, dreg);
        }

        @Override
        public void print(TextLine line) {
            line.number("dreg", dreg);
        }
    }

    /**
     * Loads what the packet's tunnel has ({@code nft_tunnel.c}).
     *
     * @param key what
     * @param dreg the target
     * @param mode the direction, or null for both
     */
    record Tunnel(TunnelKey key, int dreg, @Nullable Mode mode) implements Context {
        /** {@code NFTA_TUNNEL_KEY}. */
        static final Attribute KEY = Attribute.be32(1);
        /** {@code NFTA_TUNNEL_DREG}. */
        static final Attribute DREG = Attribute.be32(2);
        /** {@code NFTA_TUNNEL_MODE}. */
        static final Attribute MODE = Attribute.be32(3);

        static final Format FORMAT = new Format("tunnel", Tunnel::read, KEY, DREG, MODE);

        /** What a tunnel has ({@code enum nft_tunnel_keys}), in the order of their numbers from 0. */
        public enum TunnelKey {
            /** Whether there is a tunnel: 1 byte. */
            PATH,
            /** Its id: 4 bytes, host order. */
            ID
        }

        /** Directions ({@code enum nft_tunnel_mode}), in the order of their numbers from 0. */
        public enum Mode {
            /** Both. */
            NONE,
            /** Received. */
            RX,
            /** Sent. */
            TX
        }

        /** Checks the register. */
        public Tunnel {
            Registers.check("dreg", dreg);
        }

        private static Tunnel read(AttributeValues in) {
            Mode mode = in.has(MODE) ? in.choice(MODE, Mode.values()) : null;
            return new Tunnel(in.choice(KEY, TunnelKey.values()), in.small(DREG), mode);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(KEY, key).put(DREG, dreg).put(MODE, mode);
        }

        @Override
        public void print(TextLine line) {
            line.text("load " + key.name().toLowerCase(Locale.ROOT)).number("=> reg", dreg);
        }
    }

    /**
     * Loads what a state of IPsec has ({@code nft_xfrm.c}).
     *
     * @param key what
     * @param out whether the state applies to the output instead of the input
     * @param index the number of the state from 0, if several apply; 0 to 255
     * @param dreg the target
     */
    record Xfrm(XfrmKey key, boolean out, int index, int dreg) implements Context {
        /** {@code NFTA_XFRM_DREG}. */
        static final Attribute DREG = Attribute.be32(1);
        /** {@code NFTA_XFRM_KEY}. */
        static final Attribute KEY = Attribute.be32(2);
        /** {@code NFTA_XFRM_DIR}. */
        static final Attribute DIR = Attribute.u8(3);
        /** {@code NFTA_XFRM_SPNUM}. */
        static final Attribute SPNUM = Attribute.be32(4);

        static final Format FORMAT = new Format("xfrm", Xfrm::read, DREG, KEY, DIR, SPNUM);

        /** What a state has ({@code enum nft_xfrm_keys}), in the order of their numbers from 0. */
        public enum XfrmKey {
            /** Nothing. */
            UNSPEC("(null)"),
            /** The IPv4 destination of the tunnel. */
            DADDR_IP4("daddr4"),
            /** The IPv6 destination of the tunnel. */
            DADDR_IP6("daddr6"),
            /** The IPv4 source of the tunnel. */
            SADDR_IP4("saddr4"),
            /** The IPv6 source of the tunnel. */
            SADDR_IP6("saddr6"),
            /** The id of the request: 4 bytes, host order. */
            REQID("reqid"),
            /** The security parameter index: 4 bytes, big-endian. */
            SPI("spi");

            private final String word;

            XfrmKey(String word) {
                this.word = word;
            }
        }

        /** Checks the ranges. */
        public Xfrm {
            Checks.range("index", index, 0, 0xff);
            Registers.check("dreg", dreg);
        }

        private static Xfrm read(AttributeValues in) {
            long direction = Checks.range("direction", in.number(DIR), 0, 1);
            return new Xfrm(in.choice(KEY, XfrmKey.values()), direction == 1, in.small(SPNUM, 0), in.small(DREG));
        }

        @Override
        public String name() {
            return FORMAT.name();
        }

        @Override
        public void write(AttributeSink to) {
            to.put(DREG, dreg).put(KEY, key).put(DIR, out ? 1 : 0).put(SPNUM, index);
        }

        @Override
        public void print(TextLine line) {
            line.text("load " + (out ? "out " : "in ") + index + " " + key.word).number("=> reg", dreg);
        }
    }
}
