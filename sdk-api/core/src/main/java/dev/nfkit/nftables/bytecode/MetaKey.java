// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/** What {@link Meta} reads and sets ({@code enum nft_meta_keys}), in the order of their numbers from 0. */
public enum MetaKey {
    /** The packet's length in bytes: 4 bytes, host order. */
    LEN("len"),
    /** The ethertype: 2 bytes, big-endian. */
    PROTOCOL("protocol"),
    /** The priority: 4 bytes, host order. */
    PRIORITY("priority"),
    /** The mark: 4 bytes, host order. */
    MARK("mark"),
    /** The index of the input device: 4 bytes, host order. */
    IIF("iif"),
    /** The index of the output device: 4 bytes, host order. */
    OIF("oif"),
    /** The name of the input device: 16 bytes. */
    IIFNAME("iifname"),
    /** The name of the output device: 16 bytes. */
    OIFNAME("oifname"),
    /** The type of the input device: 2 bytes, host order. */
    IIFTYPE("iiftype"),
    /** The type of the output device: 2 bytes, host order. */
    OIFTYPE("oiftype"),
    /** The user id of the socket: 4 bytes, host order. */
    SKUID("skuid"),
    /** The group id of the socket: 4 bytes, host order. */
    SKGID("skgid"),
    /** Whether the packet is traced: 1 byte. */
    NFTRACE("nftrace"),
    /** The realm of the route: 4 bytes, host order. */
    RTCLASSID("rtclassid"),
    /** The security mark: 4 bytes, host order. */
    SECMARK("secmark"),
    /** The family ({@code NFPROTO_*}): 1 byte. */
    NFPROTO("nfproto"),
    /** The transport protocol: 1 byte. */
    L4PROTO("l4proto"),
    /** The name of the input bridge: 16 bytes. */
    BRI_IIFNAME("bri_iifname"),
    /** The name of the output bridge: 16 bytes. */
    BRI_OIFNAME("bri_oifname"),
    /** Unicast, broadcast or multicast ({@code PACKET_*}): 1 byte. */
    PKTTYPE("pkttype"),
    /** The processor: 4 bytes, host order. */
    CPU("cpu"),
    /** The group of the input device: 4 bytes, host order. */
    IIFGROUP("iifgroup"),
    /** The group of the output device: 4 bytes, host order. */
    OIFGROUP("oifgroup"),
    /** The control group of the socket: 4 bytes, host order. */
    CGROUP("cgroup"),
    /** A random number: 4 bytes. */
    PRANDOM("prandom"),
    /** Whether the packet came by IPsec: 1 byte. */
    SECPATH("secpath"),
    /** The kind of the input device, such as {@code veth}: 16 bytes. */
    IIFKIND("iifkind"),
    /** The kind of the output device: 16 bytes. */
    OIFKIND("oifkind"),
    /** The default VLAN of the bridge port: 2 bytes, host order. */
    BRI_IIFPVID("bri_iifpvid"),
    /** The VLAN protocol of the bridge: 2 bytes, big-endian. */
    BRI_IIFVPROTO("bri_iifvproto"),
    /** The time in nanoseconds since 1970: 8 bytes, host order. */
    TIME_NS("time"),
    /** The day of the week from 0, Sunday: 1 byte. */
    TIME_DAY("day"),
    /** The seconds since midnight, UTC: 4 bytes, host order. */
    TIME_HOUR("hour"),
    /** The index of the device under a VRF: 4 bytes, host order. */
    SDIF("sdif"),
    /** The name of the device under a VRF: 16 bytes. */
    SDIFNAME("sdifname"),
    /** Whether a bridge routes the packet, from 6.4: 1 byte. */
    BRI_BROUTE("broute");

    private final String word;

    MetaKey(String word) {
        this.word = word;
    }

    /**
     * libnftnl's name of it.
     *
     * @return the word in the text
     */
    public String word() {
        return word;
    }
}
