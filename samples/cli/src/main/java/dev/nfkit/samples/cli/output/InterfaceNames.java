package dev.nfkit.samples.cli.output;

import dev.nfkit.socket.KernelView;
import java.util.Arrays;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * Caches the names of interfaces. A name is looked up again once it is 250 ms old: interfaces are renamed, and an index
 * can be reused for another interface. The cache holds enough names for a usual host; beyond that, the oldest are
 * evicted. A cached name allocates nothing. One thread at a time.
 */
public final class InterfaceNames implements LongFunction<String> {
    static final long FRESH_NANOS = 250_000_000;
    static final int REMEMBERED = 256;

    private final KernelView kernel;
    private final LongSupplier nanoTime;
    private final long[] indexes = new long[REMEMBERED];
    private final String[] names = new String[REMEMBERED];
    private final long[] askedAt = new long[REMEMBERED];
    private int count;
    private int oldest;

    public InterfaceNames(KernelView kernel) {
        this(kernel, System::nanoTime);
    }

    /** Creates a cache with the given clock. */
    public InterfaceNames(KernelView kernel, LongSupplier nanoTime) {
        this.kernel = kernel;
        this.nanoTime = nanoTime;
        Arrays.fill(names, "");
    }

    @Override
    public String apply(long index) {
        long now = nanoTime.getAsLong();
        for (int i = 0; i < count; i++) {
            if (indexes[i] == index) {
                if (now - askedAt[i] >= FRESH_NANOS) {
                    ask(i, index, now);
                }
                return names[i];
            }
        }
        int place = count < REMEMBERED ? count++ : oldest++ % REMEMBERED;
        ask(place, index, now);
        return names[place];
    }

    private void ask(int place, long index, long now) {
        indexes[place] = index;
        names[place] = kernel.interfaceName(index).orElse("ifindex " + index);
        askedAt[place] = now;
    }
}
