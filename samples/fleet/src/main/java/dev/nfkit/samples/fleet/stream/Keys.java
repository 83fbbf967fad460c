// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.stream;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;

/** The keys of the stores: numbers most significant byte first, so that their order is that of the bytes. */
public final class Keys {
    private static final int ADDRESS = 16;
    private static final int ENDPOINT = ADDRESS + Short.BYTES;
    private static final int ID = 16;

    private Keys() {}

    /**
     * A flow that has an endpoint.
     *
     * @param address of IPv4 or IPv6
     * @param port 0 to 65535; 0 where the protocol has none
     * @param flow the 16 bytes of its id
     * @return a key
     */
    public static Bytes endpoint(InetAddress address, int port, byte[] flow) {
        return Bytes.wrap(ByteBuffer.allocate(ENDPOINT + ID)
                .put(sixteen(address))
                .putShort((short) port)
                .put(flow)
                .array());
    }

    /**
     * The flow in a key of an endpoint.
     *
     * @param endpoint the key
     * @return its id
     */
    public static Bytes flow(Bytes endpoint) {
        byte[] id = new byte[ID];
        System.arraycopy(endpoint.get(), ENDPOINT, id, 0, ID);
        return Bytes.wrap(id);
    }

    /** An IPv4 address in its mapped form. */
    private static byte[] sixteen(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length == ADDRESS) {
            return bytes;
        }
        return ByteBuffer.allocate(ADDRESS)
                .position(10)
                .putShort((short) 0xffff)
                .put(bytes)
                .array();
    }

    /**
     * A name of a host with numbers, which are in its order.
     *
     * @param host the name, which has no NUL
     * @param numbers not negative
     * @return a key
     */
    public static Bytes host(String host, long... numbers) {
        byte[] name = host.getBytes(StandardCharsets.UTF_8);
        ByteBuffer key = ByteBuffer.allocate(name.length + 1 + numbers.length * Long.BYTES);
        key.put(name).put((byte) 0);
        for (long number : numbers) {
            key.putLong(number);
        }
        return Bytes.wrap(key.array());
    }

    /**
     * The name in such a key.
     *
     * @param key the key
     * @return the host
     */
    public static String host(Bytes key) {
        int end = 0;
        while (end < key.get().length && key.get()[end] != 0) {
            end++;
        }
        return new String(key.get(), 0, end, StandardCharsets.UTF_8);
    }

    /**
     * A number in such a key.
     *
     * @param key the key
     * @param index 0 for the first
     * @param count the numbers in the key
     * @return the number
     */
    public static long number(Bytes key, int index, int count) {
        return ByteBuffer.wrap(key.get()).getLong(key.get().length - (count - index) * Long.BYTES);
    }
}
