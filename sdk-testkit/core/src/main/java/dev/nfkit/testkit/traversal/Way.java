// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

import java.util.List;

/** The hooks that a packet passes ({@code NF_INET_*}). */
public final class Way {
    static final int PREROUTING = 0;
    static final int INPUT = 1;
    static final int FORWARD = 2;
    static final int OUTPUT = 3;
    static final int POSTROUTING = 4;
    static final int INGRESS = 5;

    /** A packet for this machine. */
    public static final Way TO_INPUT = new Way(INGRESS, PREROUTING, INPUT);
    /** A packet that is forwarded. */
    public static final Way FORWARDED = new Way(INGRESS, PREROUTING, FORWARD, POSTROUTING);
    /** A packet of this machine. */
    public static final Way FROM_OUTPUT = new Way(OUTPUT, POSTROUTING);

    private static final List<Way> SINGLE = List.of(
            new Way(PREROUTING),
            new Way(INPUT),
            new Way(FORWARD),
            new Way(OUTPUT),
            new Way(POSTROUTING),
            new Way(INGRESS));

    private final int[] hooks;

    private Way(int... hooks) {
        this.hooks = hooks;
    }

    /** Only one hook of IP, by its number. */
    public static Way only(int hook) {
        return SINGLE.get(hook);
    }

    /** Only the ingress hook of a device. */
    public static Way ingress() {
        return SINGLE.get(INGRESS);
    }

    int length() {
        return hooks.length;
    }

    int hook(int at) {
        return hooks[at];
    }

    /** Whether the packet is one of this machine. */
    boolean own() {
        return hooks[0] == OUTPUT;
    }

    /** Whether connection tracking is on the way; otherwise the packet has its connection from the start. */
    boolean tracks() {
        return hooks[0] == OUTPUT || hooks[0] == PREROUTING || hooks[0] == INGRESS;
    }
}
