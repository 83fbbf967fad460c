// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.process;

import dev.nfkit.process.ProcessInfo;
import dev.nfkit.process.UnknownReason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the process that has a socket. The kernel has no index from sockets to processes, so that the descriptors of
 * processes are searched: first where the socket was before, then at the next descriptors of processes that had a
 * socket lately, then all descriptors of the processes that were started last, and of those that had a socket lately.
 * Only then all processes are searched, those of the socket's user first. What a search passes is kept in caches of
 * bounded size.
 *
 * <p>Safe for any number of threads; one search at a time.
 */
public final class ProcessTable {
    /** The maximum number of descriptors that one search reads. */
    static final int BOUND = 500_000;

    private static final int PLACES = 16_384;
    private static final int PROCESSES = 64;
    private static final int MISSES = 4096;
    /** The number of processes that had a socket lately, and of their next descriptors, that are tried first. */
    private static final int RECENT = 8;

    private static final int NEXT = 3;
    /** The number of pids that were given last, whose processes are tried before all others. */
    private static final int NEWEST = 32;
    /** The number of processes after which a search of all asks whether there still is what it searches for. */
    private static final int PAUSE = 32;

    /** How long a process's description and a search without result are valid. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ProcessFiles files;
    private final LongSupplier clock;
    private final int bound;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, Place> places = new Bounded<>(PLACES);
    private final Map<Integer, Candidate> processes = new Bounded<>(PROCESSES);
    private final Map<Long, Miss> misses = new Bounded<>(MISSES);

    /**
     * A table over a directory.
     *
     * @param root {@code /proc}, or a directory like it
     * @param clock nanoseconds since an arbitrary moment
     */
    public ProcessTable(Path root, LongSupplier clock) {
        this(root, clock, BOUND);
    }

    ProcessTable(Path root, LongSupplier clock, int bound) {
        this.files = new ProcessFiles(root);
        this.clock = clock;
        this.bound = bound;
    }

    /**
     * What a search found: a process or a reason.
     *
     * @param process the process, or null
     * @param reason why there is none, or null
     */
    public record Result(
            @Nullable ProcessInfo process, @Nullable UnknownReason reason) {}

    /**
     * Whether a socket still belongs to a process.
     *
     * @param <E> what the question may throw
     */
    @FunctionalInterface
    public interface Presence<E extends Exception> {
        /**
         * Asks.
         *
         * @return whether it does
         * @throws E if the question fails
         */
        boolean ask() throws E;
    }

    /** A descriptor that has a socket. */
    private record Place(int pid, int descriptor) {}

    /** A process that has had a socket. */
    private static final class Candidate {
        final long uid;
        int lastDescriptor;
        String program = "";

        @Nullable
        ProcessInfo info;

        long read;

        Candidate(long uid) {
            this.uid = uid;
        }
    }

    /** A search without result. */
    private record Miss(UnknownReason reason, long at) {}

    /** A map that forgets what was not used for the longest time. */
    private static final class Bounded<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1L;
        private final int most;

        Bounded(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > most;
        }
    }

    /**
     * Finds a process.
     *
     * @param inode the socket's number, from 1
     * @param uid the socket's user
     * @param present asks the kernel whether the socket still belongs to a process, which a long search does now and
     *     then
     * @return a process that has the socket; otherwise ENDED, KERNEL, NO_PERMISSION, OTHER_PID_NAMESPACE or LIMIT
     * @throws E as the question throws
     * @param <E> what the question may throw
     */
    public <E extends Exception> Result find(long inode, long uid, Presence<E> present) throws E {
        lock.lock();
        try {
            ProcessInfo known = at(places.get(inode), inode, uid);
            if (known != null) {
                return new Result(known, null);
            }
            Miss miss = misses.get(inode);
            if (miss != null && clock.getAsLong() - miss.at() < FRESH_NANOS) {
                return new Result(null, miss.reason());
            }
            Search search = new Search(inode, uid);
            ProcessInfo found = at(search.likely(), inode, uid);
            if (found == null) {
                found = at(search.all(present), inode, uid);
            }
            if (found != null) {
                return new Result(found, null);
            }
            if (search.ended || !present.ask()) {
                return new Result(null, UnknownReason.ENDED);
            }
            UnknownReason reason = search.left < 0 ? UnknownReason.LIMIT : Visibility.reason(files, search.denied);
            misses.put(inode, new Miss(reason, clock.getAsLong()));
            return new Result(null, reason);
        } finally {
            lock.unlock();
        }
    }

    /** The process at a place; null if it is not there, or no longer has the socket. */
    private @Nullable ProcessInfo at(@Nullable Place place, long inode, long uid) {
        if (place == null) {
            return null;
        }
        ProcessFiles.Stat stat = files.stat(place.pid());
        // Only after the start was read: the process with this start has the socket, whatever had the pid before.
        if (stat == null || files.inode(place.pid(), place.descriptor()) != inode) {
            places.remove(inode);
            if (stat == null) {
                processes.remove(place.pid());
            }
            return null;
        }
        Candidate process = processes.computeIfAbsent(place.pid(), pid -> new Candidate(uid));
        process.lastDescriptor = place.descriptor();
        long now = clock.getAsLong();
        if (process.info == null || now - process.read >= FRESH_NANOS || !process.program.equals(stat.program())) {
            process.info = files.describe(stat);
            process.program = stat.program();
            process.read = now;
        }
        if (process.info == null) {
            processes.remove(place.pid());
            places.remove(inode);
        }
        return process.info;
    }

    /** One search for a socket. */
    private final class Search {
        private final long inode;
        private final long uid;
        private final Set<Integer> searched = new HashSet<>();
        private int left = bound;
        private boolean denied;
        private boolean ended;

        Search(long inode, long uid) {
            this.inode = inode;
            this.uid = uid;
        }

        /** Searches where the socket most likely is. */
        @Nullable
        Place likely() {
            List<Integer> recent = recent();
            for (int pid : recent) {
                int from = Objects.requireNonNull(processes.get(pid)).lastDescriptor;
                for (int descriptor = from; descriptor < from + NEXT; descriptor++) {
                    if (files.inode(pid, descriptor) == inode) {
                        return keep(inode, new Place(pid, descriptor));
                    }
                }
            }
            int last = files.lastPid();
            for (int pid = last; pid > Math.max(0, last - NEWEST); pid--) {
                Place found = files.isProcess(pid, uid) ? in(pid) : null;
                if (found != null) {
                    return found;
                }
            }
            return first(recent);
        }

        /** Searches all processes, as long as the socket is there. */
        <E extends Exception> @Nullable Place all(Presence<E> present) throws E {
            List<Integer> others = new ArrayList<>();
            int passed = 0;
            for (int pid : files.pids()) {
                if (passed++ % PAUSE == 0 && !present.ask()) {
                    ended = true;
                    return null;
                }
                if (files.owner(pid) != uid) {
                    others.add(pid);
                } else {
                    Place found = in(pid);
                    if (found != null) {
                        return found;
                    }
                }
            }
            return first(others);
        }

        /** The processes of the user that had a socket lately and still exist, the last one first. */
        private List<Integer> recent() {
            List<Integer> all = new ArrayList<>();
            processes.keySet().removeIf(pid -> !files.exists(pid));
            processes.forEach((pid, process) -> {
                if (process.uid == uid) {
                    all.add(0, pid);
                }
            });
            return all.size() > RECENT ? all.subList(0, RECENT) : all;
        }

        private @Nullable Place first(List<Integer> pids) {
            for (int pid : pids) {
                Place found = in(pid);
                if (found != null) {
                    return found;
                }
            }
            return null;
        }

        /** The place in a process that was not searched yet; null if it does not have the socket. */
        private @Nullable Place in(int pid) {
            if (left < 0 || !searched.add(pid)) {
                return null;
            }
            Place[] found = new Place[1];
            boolean readable = files.sockets(pid, (descriptor, socket) -> {
                if (socket != 0) {
                    Place place = keep(socket, new Place(pid, descriptor));
                    if (socket == inode) {
                        found[0] = place;
                        return false;
                    }
                }
                return --left >= 0;
            });
            denied |= !readable;
            return found[0];
        }

        private Place keep(long socket, Place place) {
            places.put(socket, place);
            return place;
        }
    }
}
