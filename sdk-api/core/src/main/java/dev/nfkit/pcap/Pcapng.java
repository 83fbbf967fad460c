// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

/** The numbers of pcapng, by the draft's names. */
final class Pcapng {
    static final int SECTION_HEADER = 0x0a0d0d0a;
    static final int INTERFACE_DESCRIPTION = 1;
    static final int OBSOLETE_PACKET = 2;
    static final int SIMPLE_PACKET = 3;
    static final int INTERFACE_STATISTICS = 5;
    static final int ENHANCED_PACKET = 6;

    static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;

    /** Type, total length, and the total length again at the end. */
    static final int BLOCK_FRAME = 12;

    static final int OPT_END = 0;
    static final int OPT_COMMENT = 1;
    static final int SHB_HARDWARE = 2;
    static final int SHB_OS = 3;
    static final int SHB_USERAPPL = 4;
    static final int IF_NAME = 2;
    static final int IF_DESCRIPTION = 3;
    static final int IF_TSRESOL = 9;
    static final int IF_FILTER = 11;
    static final int IF_OS = 12;
    static final int IF_TSOFFSET = 14;
    /** {@code epb_flags}, and {@code pack_flags} of the obsolete block. */
    static final int PACKET_FLAGS = 2;

    static final int ISB_STARTTIME = 2;
    static final int ISB_ENDTIME = 3;
    static final int ISB_IFRECV = 4;
    static final int ISB_IFDROP = 5;
    static final int ISB_OSDROP = 7;

    private Pcapng() {}

    static int align(int length) {
        return (length + 3) & ~3;
    }
}
