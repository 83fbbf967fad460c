// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.process;

import dev.nfkit.process.ProcessInfo;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The files of {@code /proc} about processes, proc(5). A process may end at any time, so that every value may be
 * missing. Safe for any number of threads.
 */
final class ProcessFiles {
    /** The pid of no process. */
    static final int NONE = -1;

    /** In place of the number of a socket that must not be read. */
    static final long DENIED = -1;

    private static final int LARGEST = 4096;
    /** Clock ticks of {@code /proc/pid/stat} (USER_HZ) on x86-64 and aarch64, and on nearly all others. */
    private static final long TICK_MILLIS = 10;

    private static final String SOCKET = "socket:[";

    /** Fields of {@code stat} after the name, counted from 0; the manual counts the first of them as 3. */
    private static final int START_TIME = 22 - 3;

    private static final int START_OF_STACK = 28 - 3;
    private static final int START_OF_ARGUMENTS = 48 - 3;

    private final Path root;
    private final String prefix;

    /**
     * The files in a directory.
     *
     * @param root {@code /proc}, or a directory like it
     */
    ProcessFiles(Path root) {
        this.root = root;
        this.prefix = root + "/";
    }

    /**
     * A process at a moment.
     *
     * @param program changes when the process starts another program, which keeps pid and start
     */
    record Stat(int pid, String name, long startTicks, String program) {}

    /** Takes the sockets of a process. */
    @FunctionalInterface
    interface SocketSink {
        /**
         * Takes one.
         *
         * @param descriptor its number in the process
         * @param inode the socket's number; 0 if the descriptor is of another file
         * @return whether to go on
         */
        boolean socket(int descriptor, long inode);
    }

    /** All pids, those that were given last first: the numbers rise, and begin again after the last one. */
    int[] pids() {
        List<Integer> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(root, "[1-9]*")) {
            for (Path process : processes) {
                int pid = number(process);
                if (pid > 0) {
                    found.add(pid);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // What was found until then.
        }
        int last = lastPid();
        return found.stream()
                .sorted(Comparator.comparing((Integer pid) -> pid > last).thenComparing(Comparator.reverseOrder()))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /**
     * The pid of the process or thread that was started last, as {@code /proc/loadavg} has it; 0 if it is unknown.
     */
    int lastPid() {
        String text = read(Path.of(prefix + "loadavg")).strip();
        try {
            return Integer.parseInt(text, text.lastIndexOf(' ') + 1, text.length(), 10);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Whether there is a process or thread, without an exception, which would take longer than all else. */
    boolean exists(int pid) {
        return new File(prefix + pid).exists();
    }

    /** Whether there is a process of a user with a pid: no thread, which has the files of a process, too. */
    boolean isProcess(int pid, long uid) {
        if (!exists(pid)) {
            return false;
        }
        String status = read(of(pid, "/status"));
        return number(status, "Tgid:", 1) == pid && number(status, "Uid:", 2) == uid;
    }

    /** The user that a process's files belong to, which usually is its effective one; −1 if the process ended. */
    long owner(int pid) {
        try {
            return Integer.toUnsignedLong((Integer) Files.getAttribute(of(pid, ""), "unix:uid"));
        } catch (IOException | UnsupportedOperationException e) {
            return -1;
        }
    }

    /**
     * Passes the sockets of a process to a sink.
     *
     * @return false if they must not be read
     */
    boolean sockets(int pid, SocketSink sink) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(of(pid, "/fd"))) {
            for (Path descriptor : descriptors) {
                int number = number(descriptor);
                long inode = number < 0 ? 0 : inode(descriptor);
                if (inode == DENIED) {
                    return false; // the directory can be read by its owner, a link only by those that may trace
                }
                if (number >= 0 && !sink.socket(number, inode)) {
                    return true;
                }
            }
            return true;
        } catch (AccessDeniedException e) {
            return false;
        } catch (IOException | DirectoryIteratorException e) {
            return !(e.getCause() instanceof AccessDeniedException); // otherwise the process has ended
        }
    }

    /** The number of the socket at a descriptor; 0 if there is none, {@link #DENIED} if it must not be read. */
    long inode(int pid, int descriptor) {
        return inode(of(pid, "/fd/" + descriptor));
    }

    private static long inode(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith(SOCKET) && target.endsWith("]")
                    ? Long.parseLong(target, SOCKET.length(), target.length() - 1, 10)
                    : 0;
        } catch (AccessDeniedException e) {
            return DENIED;
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /** The process at this moment; null if it has ended. */
    @Nullable
    Stat stat(int pid) {
        String text = read(of(pid, "/stat"));
        int open = text.indexOf('(');
        int close = text.lastIndexOf(')'); // the name may contain parentheses
        if (open < 0 || close < open) {
            return null;
        }
        String[] fields =
                text.substring(Math.min(close + 2, text.length())).strip().split(" ", -1);
        if (fields.length <= START_TIME) {
            return null;
        }
        try {
            String stack = fields.length > START_OF_STACK ? fields[START_OF_STACK] : "";
            String arguments = fields.length > START_OF_ARGUMENTS ? fields[START_OF_ARGUMENTS] : "";
            long start = Long.parseLong(fields[START_TIME]);
            if (start < 0 || start > Long.MAX_VALUE / TICK_MILLIS) {
                return null;
            }
            String name = text.substring(open + 1, close);
            return new Stat(pid, name, start, start + " " + stack + " " + arguments + " " + name);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** All about a process; null if it has ended, or is another one by now. */
    @Nullable
    ProcessInfo describe(Stat stat) {
        int pid = stat.pid();
        Optional<String> executable = link(of(pid, "/exe"));
        List<String> arguments = arguments(read(of(pid, "/cmdline")));
        Optional<String> cgroup = CgroupFile.path(read(of(pid, "/cgroup")));
        long uid = number(read(of(pid, "/status")), "Uid:", 2);
        Stat after = stat(pid);
        if (uid < 0 || after == null || !after.program().equals(stat.program())) {
            return null;
        }
        return new ProcessInfo(
                pid,
                Duration.ofMillis(stat.startTicks() * TICK_MILLIS),
                stat.name(),
                executable,
                arguments,
                uid,
                cgroup);
    }

    private static List<String> arguments(String text) {
        if (text.isEmpty()) {
            return List.of();
        }
        String ended = text.endsWith("\0") ? text.substring(0, text.length() - 1) : text;
        return List.of(ended.split("\0", -1));
    }

    /** A number of a line of proc_pid_status(5), counted from 1; −1 if there is none. */
    private static long number(String status, String name, int index) {
        int at = status.startsWith(name) ? 0 : status.indexOf("\n" + name) + 1;
        if (at == 0 && !status.startsWith(name)) {
            return -1;
        }
        int end = status.indexOf('\n', at);
        String[] words = status.substring(at, end < 0 ? status.length() : end).split("\\s+", -1);
        try {
            long number = words.length > index ? Long.parseLong(words[index]) : -1;
            return number > 0xffff_ffffL ? -1 : number;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static Optional<String> link(Path path) {
        try {
            return Optional.of(Files.readSymbolicLink(path).toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The first bytes of a file; empty if it cannot be read. */
    String readOwn(String name) {
        return read(Path.of(prefix + name));
    }

    /** The target of a link of this process; empty if it cannot be read. */
    Optional<String> linkOwn(String name) {
        return link(Path.of(prefix + name));
    }

    private static String read(Path path) {
        // Half the time of a channel of java.nio.
        try (InputStream file = new FileInputStream(path.toString())) {
            return new String(file.readNBytes(LARGEST), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private Path of(int pid, String name) {
        return Path.of(prefix + pid + name);
    }

    private static int number(Path path) {
        try {
            return Integer.parseInt(String.valueOf(path.getFileName()));
        } catch (NumberFormatException e) {
            return NONE;
        }
    }
}
