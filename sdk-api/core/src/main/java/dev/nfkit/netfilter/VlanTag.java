// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

/** A VLAN tag that the device removed from the packet ({@code NFULA_VLAN}, {@code NFQA_VLAN}). */
public record VlanTag(int protocol, int tci) {
    /**
     * A tag.
     *
     * @param protocol the tag's ethertype, 0x8100 (802.1Q) or 0x88a8 (802.1ad)
     * @param tci the tag control information, 0 to 65535
     * @throws IllegalArgumentException if a number is out of 0 to 65535
     */
    public VlanTag {
        if ((protocol | tci) >>> 16 != 0) {
            throw new IllegalArgumentException(
                    "VLAN protocol " + protocol + " or tci " + tci + " is out of 0 to 65535");
        }
    }

    /**
     * The tag's ethertype.
     *
     * @return 0x8100 (802.1Q) or 0x88a8 (802.1ad)
     */
    @Override
    public int protocol() {
        return protocol;
    }

    /**
     * The tag control information: priority, drop eligibility and VLAN id.
     *
     * @return 0 to 65535
     */
    @Override
    public int tci() {
        return tci;
    }

    /**
     * The VLAN id.
     *
     * @return 0 to 4095
     */
    public int id() {
        return tci & 0xfff;
    }

    /**
     * The priority code point.
     *
     * @return 0 to 7
     */
    public int priority() {
        return tci >>> 13;
    }

    /**
     * The drop eligible indicator.
     *
     * @return whether the frame may be dropped first
     */
    public boolean dropEligible() {
        return (tci & 0x1000) != 0;
    }
}
