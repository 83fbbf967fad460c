package dev.nfkit.packet;

/** What went out of, and came into, what one checksum covers, since the checksum was last brought forward. */
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

    /** The checksum brought forward; as it was where nothing changed. */
    int appliedTo(int checksum) {
        return (out | in) == 0 ? checksum : InternetChecksum.update(checksum, out, in);
    }
}
