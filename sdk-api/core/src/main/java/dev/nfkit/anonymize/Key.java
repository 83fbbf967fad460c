package dev.nfkit.anonymize;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.SplittableRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Numbers that only who has the seed can tell from chance (HMAC-SHA-256). One thread at a time. */
final class Key {
    /** What a number is for: the same value gives unrelated ones for different uses. */
    enum Use {
        IPV4_NETWORK("a"),
        IPV4_HOST("b"),
        IPV6_NETWORK("c"),
        IPV6_INTERFACE("d"),
        IPV6_LOW("e"),
        HARDWARE("f"),
        TEXT("g"),
        USER("h"),
        NOISE("i");

        private final byte label;

        Use(String label) {
            this.label = (byte) label.charAt(0);
        }
    }

    private static final int ROUNDS = 6;

    private final Mac mac;

    Key(String seed) {
        try {
            byte[] secret = MessageDigest.getInstance("SHA-256").digest(seed.getBytes(StandardCharsets.UTF_8));
            mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256 and its HMAC", e);
        }
    }

    /** A number for a value. */
    long number(Use use, long value, int variant) {
        mac.update(use.label);
        return finish(ByteBuffer.allocate(12).putLong(value).putInt(variant).array(), 0, 12);
    }

    /** A number for bytes. */
    long number(Use use, byte[] bytes, int at, int length) {
        mac.update(use.label);
        return finish(bytes, at, length);
    }

    private long finish(byte[] bytes, int at, int length) {
        mac.update(bytes, at, length);
        return ByteBuffer.wrap(mac.doFinal()).getLong();
    }

    /** Maps the numbers of some even count of bits one to one onto themselves (a Feistel network), a tweak's own way. */
    long permuted(Use use, long tweak, long value, int bits) {
        int half = bits / 2;
        long mask = (1L << half) - 1;
        long left = value >>> half & mask;
        long right = value & mask;
        for (int round = 0; round < ROUNDS; round++) {
            long next = left ^ (number(use, tweak << half | right, round) & mask);
            left = right;
            right = next;
        }
        return left << half | right;
    }

    /** Replaces bytes by noise that follows from them: the same bytes give the same noise. */
    void noise(byte[] bytes, int at, int length) {
        if (length > 0) {
            SplittableRandom random = new SplittableRandom(number(Use.NOISE, bytes, at, length));
            byte[] noise = new byte[length];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, bytes, at, length);
        }
    }
}
