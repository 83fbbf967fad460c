// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

/** The flags of a TCP header as text, in the letters of tcpdump. */
public final class TcpFlags {
    private static final String LETTERS = "FSRP.UEW";
    private static final String[] TEXTS = texts();

    private TcpFlags() {}

    /**
     * The flags as text: F for FIN, S for SYN, R for RST, P for PSH, a dot for ACK, U for URG, E for ECE and W for CWR.
     * Allocates nothing.
     *
     * @param flags the flags, as {@link TcpView#flags()} returns them; only the lowest 8 bits are read
     * @return a text such as {@code S.} for SYN and ACK; {@code none} without flags
     */
    public static String text(int flags) {
        return TEXTS[flags & 0xff];
    }

    private static String[] texts() {
        String[] texts = new String[256];
        texts[0] = "none";
        for (int flags = 1; flags < texts.length; flags++) {
            StringBuilder text = new StringBuilder();
            for (int bit = 0; bit < LETTERS.length(); bit++) {
                if ((flags >> bit & 1) != 0) {
                    text.append(LETTERS.charAt(bit));
                }
            }
            texts[flags] = text.toString();
        }
        return texts;
    }
}
