// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What nft stores with an object for itself, and the kernel does not interpret: a list of type, length (one byte each) and
 * value. Texts end with a NUL. Follows libnftnl's {@code udata.h}.
 */
public final class UserData {
    /** {@code NFT_USERDATA_MAXLEN}. */
    private static final int LARGEST = 256;

    private static final int HEADER = 2;

    private final SortedMap<Integer, byte[]> entries = new TreeMap<>();

    /** No entries. */
    public UserData() {}

    /**
     * Reads the entries of an object. What follows an entry that exceeds the bytes is ignored: another program may store
     * anything here.
     *
     * @param bytes the attribute's value
     * @return the entries; of two with the same type the last
     */
    public static UserData read(Bytes bytes) {
        UserData read = new UserData();
        int at = 0;
        while (at + HEADER <= bytes.length()) {
            int length = bytes.u8(at + 1);
            if (at + HEADER + length > bytes.length()) {
                break;
            }
            read.entries.put(bytes.u8(at), bytes.slice(at + HEADER, length).toArray());
            at += HEADER + length;
        }
        return read;
    }

    /**
     * The same entries, to be changed.
     *
     * @return a copy
     */
    public UserData copy() {
        UserData copy = new UserData();
        copy.entries.putAll(entries);
        return copy;
    }

    /**
     * Adds a text.
     *
     * @param type the entry's type, 0 to 255
     * @param text the text
     * @return these entries
     */
    public UserData text(int type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        byte[] ended = java.util.Arrays.copyOf(bytes, bytes.length + 1);
        return bytes(type, ended);
    }

    /**
     * Adds an entry.
     *
     * @param type the entry's type, 0 to 255
     * @param value its value, at most 255 bytes
     * @return these entries
     * @throws IllegalArgumentException if it is longer
     */
    public UserData bytes(int type, byte... value) {
        if (value.length > 0xff) {
            throw new IllegalArgumentException(
                    "user data of type " + type + " has " + value.length + " bytes; 255 at most");
        }
        entries.put(type, value.clone());
        return this;
    }

    /**
     * The text of an entry.
     *
     * @param type the entry's type
     * @return the text up to its NUL, or empty if there is no such entry
     */
    public Optional<String> text(int type) {
        byte[] value = entries.get(type);
        if (value == null) {
            return Optional.empty();
        }
        int end = 0;
        while (end < value.length && value[end] != 0) {
            end++;
        }
        return Optional.of(new String(value, 0, end, StandardCharsets.UTF_8));
    }

    /**
     * The value of an entry.
     *
     * @param type the entry's type
     * @return a copy, or empty if there is no such entry
     */
    public Optional<byte[]> bytes(int type) {
        return Optional.ofNullable(entries.get(type)).map(byte[]::clone);
    }

    /**
     * Whether there is no entry.
     *
     * @return whether it is empty
     */
    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /**
     * All entries in the order of their types.
     *
     * @return the attribute's value
     * @throws IllegalArgumentException if they exceed 256 bytes
     */
    public byte[] toArray() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        entries.forEach((type, value) -> {
            all.write(type);
            all.write(value.length);
            all.writeBytes(value);
        });
        if (all.size() > LARGEST) {
            throw new IllegalArgumentException(
                    "comment and other user data are " + all.size() + " bytes; " + LARGEST + " at most");
        }
        return all.toByteArray();
    }
}
