// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

import dev.nfkit.socket.KernelView;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * The names of network interfaces by their indexes, from a cache. A name is read again once it is {@link #FRESH_NANOS}
 * old: interfaces are renamed, and an index can be reused for another interface. The cache holds 256 names; beyond that,
 * the oldest are removed. A cached name allocates nothing. One thread at a time.
 *
 * <pre>{@code
 * InterfaceNames names = new InterfaceNames(transport.kernel());
 * session.run(packet -> System.out.println(names.apply(packet.outInterface())));
 * }</pre>
 */
public final class InterfaceNames implements LongFunction<String> {
    /** The age up to which a name is used without reading it again, in nanoseconds. */
    public static final long FRESH_NANOS = 250_000_000;

    static final int REMEMBERED = 256;

    private final KernelView kernel;
    private final LongSupplier nanoTime;
    private final long[] indexes = new long[REMEMBERED];
    private final String[] names = new String[REMEMBERED];
    private final boolean[] known = new boolean[REMEMBERED];
    private final long[] askedAt = new long[REMEMBERED];
    private int count;
    private int oldest;

    /**
     * An empty cache.
     *
     * @param kernel the kernel of the interfaces, {@code transport.kernel()}
     */
    public InterfaceNames(KernelView kernel) {
        this(kernel, System::nanoTime);
    }

    /**
     * An empty cache with a clock, for tests.
     *
     * @param kernel the kernel of the interfaces
     * @param nanoTime the clock, in nanoseconds, as {@link System#nanoTime}
     */
    public InterfaceNames(KernelView kernel, LongSupplier nanoTime) {
        this.kernel = kernel;
        this.nanoTime = nanoTime;
        Arrays.fill(names, "");
    }

    /**
     * The name of an interface.
     *
     * @param index the index
     * @return the name, or {@code ifindex 7} if there is no such interface
     */
    @Override
    public String apply(long index) {
        return names[place(index)];
    }

    /**
     * The name of an interface, if there is one. Unlike {@link #apply}, it may allocate the result.
     *
     * @param index the index
     * @return the name; empty if there is no such interface, or no longer
     */
    public Optional<String> find(long index) {
        int place = place(index);
        return known[place] ? Optional.of(names[place]) : Optional.empty();
    }

    private int place(long index) {
        long now = nanoTime.getAsLong();
        for (int i = 0; i < count; i++) {
            if (indexes[i] == index) {
                if (now - askedAt[i] >= FRESH_NANOS) {
                    ask(i, index, now);
                }
                return i;
            }
        }
        int place = count < REMEMBERED ? count++ : oldest++ % REMEMBERED;
        ask(place, index, now);
        return place;
    }

    private void ask(int place, long index, long now) {
        indexes[place] = index;
        Optional<String> name = kernel.interfaceName(index);
        known[place] = name.isPresent();
        names[place] = name.orElse("ifindex " + index);
        askedAt[place] = now;
    }
}
