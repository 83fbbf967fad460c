// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

/** Jenkins' hash of the kernel ({@code jhash}, lookup3), on words of the host. */
public final class Jhash {
    private static final int GOLDEN = 0xdeadbeef;

    private Jhash() {}

    /** The hash of bytes. */
    public static int of(byte[] bytes, int offset, int length, int seed) {
        Registers16 words = new Registers16();
        System.arraycopy(bytes, offset, words.bytes(), 0, length);
        int a = GOLDEN + length + seed;
        int b = a;
        int c = a;
        int at = 0;
        int left = length;
        while (left > 12) {
            a += words.word(at);
            b += words.word(at + 4);
            c += words.word(at + 8);
            a -= c;
            a ^= Integer.rotateLeft(c, 4);
            c += b;
            b -= a;
            b ^= Integer.rotateLeft(a, 6);
            a += c;
            c -= b;
            c ^= Integer.rotateLeft(b, 8);
            b += a;
            a -= c;
            a ^= Integer.rotateLeft(c, 16);
            c += b;
            b -= a;
            b ^= Integer.rotateLeft(a, 19);
            a += c;
            c -= b;
            c ^= Integer.rotateLeft(b, 4);
            b += a;
            at += 12;
            left -= 12;
        }
        if (left == 0) {
            return c;
        }
        a += tail(words, at, Math.min(4, left));
        b += tail(words, at + 4, Math.max(0, Math.min(4, left - 4)));
        c += tail(words, at + 8, Math.max(0, left - 8));
        return end(a, b, c);
    }

    private static int tail(Registers16 words, int at, int count) {
        int value = 0;
        for (int i = 0; i < count; i++) {
            value |= (words.bytes()[at + i] & 0xff) << (8 * i);
        }
        return value;
    }

    private static int end(int first, int second, int third) {
        int a = first;
        int b = second;
        int c = third;
        c ^= b;
        c -= Integer.rotateLeft(b, 14);
        a ^= c;
        a -= Integer.rotateLeft(c, 11);
        b ^= a;
        b -= Integer.rotateLeft(a, 25);
        c ^= b;
        c -= Integer.rotateLeft(b, 16);
        a ^= c;
        a -= Integer.rotateLeft(c, 4);
        b ^= a;
        b -= Integer.rotateLeft(a, 14);
        c ^= b;
        c -= Integer.rotateLeft(b, 24);
        return c;
    }
}
