// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The resources that this process holds between two scenarios, when no session is open.
 *
 * @param descriptors open file descriptors
 * @param threads the names of threads, without those that a coroutine dispatcher keeps for a while
 * @param heap bytes in use after a collection
 * @param direct bytes of direct buffers
 * @param resident bytes of the process in memory (VmRSS)
 */
record Vitals(long descriptors, Set<String> threads, long heap, long direct, long resident) {
    private static final int ATTEMPTS = 50;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long HEAP_TOLERANCE = 8L << 20;
    /** The JDK keeps some small buffers for each thread; a session has hundreds of KiB. */
    private static final long DIRECT_TOLERANCE = 64L << 10;

    private static final long RESIDENT_TOLERANCE = 64L << 20;
    private static final long KIB = 1024;

    /** Reads the resources of this process. */
    static Vitals now() throws IOException {
        System.gc();
        long descriptors;
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            descriptors = files.count() - 1; // without that of the listing itself
        }
        Set<String> threads = Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> !name.startsWith("DefaultDispatcher") && !name.startsWith("kotlinx.coroutines"))
                .collect(Collectors.toCollection(TreeSet::new));
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return new Vitals(descriptors, threads, heap, direct, residentNow());
    }

    private static long residentNow() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIB)
                    .sum();
        }
    }

    /**
     * Reads the resources repeatedly until they are no more than before, for 5 s at most: buffers are freed after the
     * collector has found them.
     */
    static Vitals settled(Vitals before) throws IOException {
        Vitals now = now();
        for (int i = 0; i < ATTEMPTS && !now.growth(before).isEmpty(); i++) {
            LockSupport.parkNanos(PAUSE_NANOS);
            now = now();
        }
        return now;
    }

    /** Describes what has grown; empty if nothing has. */
    String growth(Vitals before) {
        StringBuilder text = new StringBuilder();
        if (descriptors > before.descriptors) {
            text.append(" descriptors from ")
                    .append(before.descriptors)
                    .append(" to ")
                    .append(descriptors);
        }
        Set<String> more = new TreeSet<>(threads);
        more.removeAll(before.threads);
        if (!more.isEmpty()) {
            text.append(" threads by ").append(more);
        }
        grown("heap", before.heap, heap, HEAP_TOLERANCE, text);
        grown("direct memory", before.direct, direct, DIRECT_TOLERANCE, text);
        grown("resident memory", before.resident, resident, RESIDENT_TOLERANCE, text);
        return text.toString().strip();
    }

    private static void grown(String what, long before, long now, long tolerance, StringBuilder text) {
        if (now > before + tolerance) {
            text.append(' ')
                    .append(what)
                    .append(" from ")
                    .append(before / KIB)
                    .append(" to ")
                    .append(now / KIB);
            text.append(" KiB");
        }
    }

    @Override
    public String toString() {
        return descriptors + " descriptors, " + threads.size() + " threads, heap " + heap / KIB + " KiB, direct "
                + direct / KIB + " KiB, resident " + resident / KIB + " KiB";
    }
}
