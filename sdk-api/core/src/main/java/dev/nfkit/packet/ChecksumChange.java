// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

/** The change of the data that one checksum covers, since the checksum was last updated. */
final class ChecksumChange {
    private long out;
    private long in;

    void out(long sum) {
        out += sum;
    }

    void in(long sum) {
        in += sum;
    }

    void clear() {
        out = 0;
        in = 0;
    }

    /** The updated checksum; the given one if nothing changed. */
    int appliedTo(int checksum) {
        return (out | in) == 0 ? checksum : InternetChecksum.update(checksum, out, in);
    }
}
