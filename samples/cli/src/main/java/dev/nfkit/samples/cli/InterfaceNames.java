package dev.nfkit.samples.cli;

import dev.nfkit.socket.KernelView;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;

/** What interfaces are called, asked once each. One thread at a time. */
final class InterfaceNames implements LongFunction<String> {
    private final KernelView kernel;
    private final Map<Long, String> names = new HashMap<>();

    InterfaceNames(KernelView kernel) {
        this.kernel = kernel;
    }

    @Override
    public String apply(long index) {
        return names.computeIfAbsent(index, any -> kernel.interfaceName(index).orElse("ifindex " + index));
    }
}
