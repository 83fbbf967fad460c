// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** A network device as rules see it. */
public final class Device {
    /** The length of a name in registers ({@code IFNAMSIZ}). */
    public static final int NAME = 16;

    private final String name;
    private final byte[] padded;
    private final int index;
    private final int type;
    private final int group;
    private final List<byte[]> addresses;

    /**
     * Describes a device.
     *
     * @param type the hardware type, such as 1 for Ethernet
     * @param addresses its addresses, of both families
     */
    public Device(String name, int index, int type, int group, List<byte[]> addresses) {
        this.name = name;
        this.padded = Arrays.copyOf(name.getBytes(StandardCharsets.UTF_8), NAME);
        this.padded[NAME - 1] = 0;
        this.index = index;
        this.type = type;
        this.group = group;
        this.addresses = List.copyOf(addresses);
    }

    public String name() {
        return name;
    }

    public int index() {
        return index;
    }

    public int type() {
        return type;
    }

    public int group() {
        return group;
    }

    public List<byte[]> addresses() {
        return addresses;
    }

    /** Its name, padded with zeros; not a copy. */
    byte[] padded() {
        return padded;
    }
}
