// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Composes trace messages to the paths of packets.
 *
 * <pre>{@code
 * PathComposer composer = new PathComposer().chains(BaseChains.of(nftables.list().chains()));
 * events.run(event -> {
 *     composer.add(event, System.nanoTime());
 *     composer.take().ifPresent(System.out::println);
 * });
 * }</pre>
 *
 * <p>The kernel sends no message at the end of a packet. A path ends when a rule or a policy drops the packet, or accepts it
 * in the last base chain that it may come to, when another packet with the same number begins, or if nothing more comes for
 * a time: a second, and {@link #QUEUE_PATIENCE} for a packet that a rule queued.
 *
 * <p>Memory is bounded: at most {@value #MOST_PATHS} paths with {@value #MOST_STEPS} steps are open. Beyond that, the path
 * whose last step is oldest is returned as it is, and counted in {@link PathStatistics#evicted()}. Of one packet, at most
 * 4096 steps are kept; {@link ChainPass#omittedSteps()} counts the others.
 *
 * <p>One thread at a time.
 */
public final class PathComposer {
    /** The most open paths. */
    public static final int MOST_PATHS = 4096;
    /** The most steps of all open paths. */
    public static final int MOST_STEPS = 65_536;
    /** The longest time between two steps of a packet. */
    public static final Duration PATIENCE = Duration.ofSeconds(1);
    /** The longest time between two steps of a packet that a rule queued in between. */
    public static final Duration QUEUE_PATIENCE = Duration.ofSeconds(30);

    /** In the order of their last steps. */
    private final Map<Long, OpenPath> open = new LinkedHashMap<>();

    private final Deque<PacketPath> done = new ArrayDeque<>();
    private BaseChains chains = BaseChains.none();
    private int steps;
    private long paths;
    private long incomplete;
    private long evicted;
    private long omitted;

    /** A composer without paths. */
    public PathComposer() {}

    /**
     * Sets the base chains of the ruleset. Without them, the end of a packet that was accepted is only found by waiting.
     *
     * @param chains the chains from now on
     * @return this composer
     */
    public PathComposer chains(BaseChains chains) {
        this.chains = chains;
        return this;
    }

    /**
     * Adds an event. Paths that end with it can be {@linkplain #take() taken}.
     *
     * @param event a step, which is copied as far as it is needed, or a loss
     * @param now the time in nanoseconds, by any clock that does not go backwards
     */
    public void add(TraceEvent event, long now) {
        if (event instanceof TraceStep step) {
            add(step, now);
        } else {
            open.values().forEach(OpenPath::lossy);
        }
    }

    private void add(TraceStep step, long now) {
        long id = step.id();
        OpenPath path = open.remove(id);
        if (path != null && step.describesPacket() && path.endsBefore(step, chains)) {
            finish(path, path.close(false));
            path = null;
        }
        if (path == null) {
            path = new OpenPath(id, step.protocol());
        }
        int before = path.size();
        boolean ended = path.add(step, chains, now);
        steps += path.size() - before;
        if (ended) {
            finish(path, path.close(false));
        } else {
            open.put(id, path);
            evict();
        }
    }

    private void evict() {
        while (open.size() > MOST_PATHS || steps > MOST_STEPS) {
            Iterator<OpenPath> oldest = open.values().iterator();
            OpenPath path = oldest.next();
            oldest.remove();
            evicted++;
            finish(path, path.close(true));
        }
    }

    private void finish(OpenPath path, PacketPath result) {
        steps -= path.size();
        omitted += path.omitted();
        paths++;
        if (!result.complete()) {
            incomplete++;
        }
        done.add(result);
    }

    /**
     * Ends the paths of which nothing has come for too long.
     *
     * @param now the time, by the clock of the steps
     */
    public void expire(long now) {
        Iterator<OpenPath> each = open.values().iterator();
        while (each.hasNext()) {
            OpenPath path = each.next();
            long age = now - path.lastNanos();
            if (age < PATIENCE.toNanos()) {
                return; // those after it are younger
            }
            if (age >= patience(path)) {
                each.remove();
                finish(path, path.close(false));
            }
        }
    }

    private static long patience(OpenPath path) {
        return (path.queued() ? QUEUE_PATIENCE : PATIENCE).toNanos();
    }

    /**
     * The time after which {@link #expire} may end a path.
     *
     * @param now the time, by the clock of the steps
     * @return zero or more; empty if no path is open
     */
    public Optional<Duration> nextExpiry(long now) {
        if (open.isEmpty()) {
            return Optional.empty();
        }
        long next = Long.MAX_VALUE;
        for (OpenPath path : open.values()) {
            next = Math.min(next, patience(path) - (now - path.lastNanos()));
            if (!path.queued()) {
                break;
            }
        }
        return Optional.of(Duration.ofNanos(Math.max(0, next)));
    }

    /** Ends all paths, such as at the end of the session. */
    public void end() {
        for (OpenPath path : open.values()) {
            finish(path, path.close(false));
        }
        open.clear();
    }

    /**
     * Takes the next path that has ended.
     *
     * @return the path, or empty if there is none now
     */
    public Optional<PacketPath> take() {
        return Optional.ofNullable(done.poll());
    }

    /**
     * The number of paths that have not ended.
     *
     * @return 0 to {@value #MOST_PATHS}
     */
    public int open() {
        return open.size();
    }

    /**
     * What it did until now.
     *
     * @return a snapshot
     */
    public PathStatistics statistics() {
        return new PathStatistics(paths, incomplete, evicted, omitted);
    }
}
