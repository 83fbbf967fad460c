// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.SplittableRandom;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Numbers that look random without the key: HMAC-SHA-256 over values of any length, AES-256 over single blocks. Both get
 * keys of their own, derived from the secret. One thread at a time.
 */
final class Key {
    /** What a number is for: the same value gives unrelated numbers for different uses. */
    enum Use {
        IPV4('a'),
        IPV4_GROUP('b'),
        IPV6_NETWORK('c'),
        IPV6_EMBEDDING('d'),
        IPV6_INTERFACE('e'),
        IPV6_LOW('f'),
        IPV6_GROUP_PREFIX('g'),
        IPV6_GROUP_HIGH('h'),
        IPV6_GROUP_MIDDLE('i'),
        IPV6_GROUP_ID('j'),
        LINK_GROUP('k'),
        LINK_ADDRESS('l'),
        FLOW_LABEL('m'),
        USER('n'),
        TEXT('o'),
        NOISE('p');

        final byte label;

        Use(char label) {
            this.label = (byte) label;
        }
    }

    /** The length of a block of AES in bytes. */
    static final int BLOCK = 16;

    private static final String HMAC = "HmacSHA256";
    private static final int SECRET_BITS = 256;
    /** The cost of guessing a seed: about as many HMACs for each guess. */
    private static final int STRETCHING = 200_000;

    private static final int ROUNDS = 10;

    private final Mac mac;
    private final Cipher cipher;
    private final byte[] block = new byte[BLOCK];

    /** A key of secret bytes. */
    Key(byte[] secret) {
        try {
            Mac derivation = Mac.getInstance(HMAC);
            derivation.init(new SecretKeySpec(secret, HMAC));
            mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(derivation.doFinal(ascii("nfkit anonymize hmac")), HMAC));
            cipher = Cipher.getInstance("AES/ECB/NoPadding");
            cipher.init(
                    Cipher.ENCRYPT_MODE, new SecretKeySpec(derivation.doFinal(ascii("nfkit anonymize aes")), "AES"));
        } catch (GeneralSecurityException e) {
            throw unavailable(e);
        }
    }

    /** The secret that follows from a seed. It takes some time on purpose, so that guessing seeds takes long. */
    static byte[] secret(String seed) {
        try {
            PBEKeySpec spec =
                    new PBEKeySpec(seed.toCharArray(), ascii("nfkit anonymize seed"), STRETCHING, SECRET_BITS);
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw unavailable(e);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static IllegalStateException unavailable(GeneralSecurityException e) {
        return new IllegalStateException("this Java has no AES, HMAC-SHA-256 or PBKDF2, which every JDK has", e);
    }

    /** A number for bytes. */
    long number(Use use, byte[] bytes, int at, int length) {
        mac.update(use.label);
        mac.update(bytes, at, length);
        return ByteBuffer.wrap(mac.doFinal()).getLong();
    }

    /** Encrypts whole blocks from one array to another. */
    void encrypt(byte[] from, byte[] to, int length) {
        try {
            cipher.update(from, 0, length, to, 0);
        } catch (GeneralSecurityException e) {
            throw unavailable(e);
        }
    }

    /**
     * Maps the numbers of an even number of bits one to one onto themselves (a Feistel network); 0 stays 0. Numbers that
     * are alike become unrelated ones.
     */
    long permuted(Use use, long value, int bits) {
        if (value == 0) {
            return 0;
        }
        long result = feistel(use, value, bits);
        // 0 is taken by itself, so the number that would become 0 gets what 0 would have become.
        return result == 0 ? feistel(use, 0, bits) : result;
    }

    private long feistel(Use use, long value, int bits) {
        int half = bits / 2;
        long mask = (1L << half) - 1;
        long left = value >>> half & mask;
        long right = value & mask;
        ByteBuffer buffer = ByteBuffer.wrap(block);
        for (int round = 0; round < ROUNDS; round++) {
            buffer.put(0, use.label).put(1, (byte) round).putLong(2, 0).putLong(8, right);
            encrypt(block, block, BLOCK);
            long next = left ^ (buffer.getLong(0) & mask);
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
