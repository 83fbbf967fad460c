package dev.nfkit.samples.cli;

import dev.nfkit.socket.KernelView;
import java.util.Arrays;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * The names of interfaces. A name is asked for again once it is a quarter of a second old: interfaces are renamed, and an
 * index can come to stand for another interface. Remembers so many that packets of a usual host cost no question; of more,
 * the oldest are forgotten. Allocates nothing for what it remembers. One thread at a time.
 */
final class InterfaceNames implements LongFunction<String> {
    static final long FRESH_NANOS = 250_000_000;
    static final int REMEMBERED = 256;

    private final KernelView kernel;
    private final LongSupplier nanoTime;
    private final long[] indexes = new long[REMEMBERED];
    private final String[] names = new String[REMEMBERED];
    private final long[] askedAt = new long[REMEMBERED];
    private int count;
    private int oldest;

    InterfaceNames(KernelView kernel) {
        this(kernel, System::nanoTime);
    }

    /** With a clock of one's own. */
    InterfaceNames(KernelView kernel, LongSupplier nanoTime) {
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
