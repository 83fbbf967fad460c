// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import dev.nfkit.PrintableText;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A process at the time of the question. Immutable. The kernel gives a pid to another process later, but never again
 * with the same start: {@link #pid} and {@link #startedAfterBoot} together identify a process until the machine is
 * started again.
 *
 * <p>The texts come from the process and its user and may contain anything; {@link PrintableText} makes them safe to
 * print.
 *
 * <p>Follows proc_pid_stat(5), proc_pid_exe(5), proc_pid_cmdline(5), proc_pid_status(5) and cgroups(7).
 */
public record ProcessInfo(
        long pid,
        Duration startedAfterBoot,
        String name,
        Optional<String> executable,
        List<String> commandLine,
        long uid,
        Optional<String> cgroup) {
    private static final long LARGEST_UID = 0xffff_ffffL;

    /**
     * A process.
     *
     * @param pid its process id, from 1
     * @param startedAfterBoot the time from the start of the machine to that of the process
     * @param name its name
     * @param executable the path of its program; empty if it is unknown
     * @param commandLine its arguments, the program's name first
     * @param uid its effective user id, 0 to 2³²−1
     * @param cgroup its control group, with a leading slash; empty if it is unknown
     * @throws IllegalArgumentException if a number is out of range or the duration is negative
     */
    public ProcessInfo {
        if (pid < 1) {
            throw new IllegalArgumentException("pid " + pid + " is less than 1");
        }
        if (startedAfterBoot.isNegative()) {
            throw new IllegalArgumentException("startedAfterBoot " + startedAfterBoot + " is negative");
        }
        checkUid(uid);
        commandLine = List.copyOf(commandLine);
    }

    static void checkUid(long uid) {
        if (uid < 0 || uid > LARGEST_UID) {
            throw new IllegalArgumentException("uid " + uid + " is out of 0 to " + LARGEST_UID);
        }
    }

    /**
     * The process id.
     *
     * @return from 1, as this process's pid namespace has it
     */
    @Override
    public long pid() {
        return pid;
    }

    /**
     * The time from the start of the machine to the start of the process, which no change of the clock moves.
     *
     * @return a duration in steps of 10 ms
     */
    @Override
    public Duration startedAfterBoot() {
        return startedAfterBoot;
    }

    /**
     * The process's name, which it can change.
     *
     * @return as {@code /proc/pid/comm} has it, 15 bytes at most
     */
    @Override
    public String name() {
        return name;
    }

    /**
     * The path of the program, in the mount namespace of the process.
     *
     * @return such as {@code /usr/bin/curl}, with {@code  (deleted)} at its end if the file was removed; empty if it
     *     must not be read
     */
    @Override
    public Optional<String> executable() {
        return executable;
    }

    /**
     * The arguments of the process, which it can change. Passwords may be among them.
     *
     * @return the program's name as it was called, and the arguments; the first 4096 bytes of them; empty if the
     *     process has none
     */
    @Override
    public List<String> commandLine() {
        return commandLine;
    }

    /**
     * The effective user id.
     *
     * @return 0 to 2³²−1, as this process's user namespace has it
     */
    @Override
    public long uid() {
        return uid;
    }

    /**
     * The control group: that of version 2 or, if this is the root, that of systemd's hierarchy or else the longest of
     * version 1.
     *
     * @return a path such as {@code /system.slice/nginx.service}, relative to the root that this process's cgroup
     *     namespace has; empty if it is unknown
     */
    @Override
    public Optional<String> cgroup() {
        return cgroup;
    }

    /**
     * The unit of systemd that the process runs in, from its control group.
     *
     * @return the innermost service, scope, socket, mount or swap, such as {@code nginx.service}; empty if there is none
     */
    public Optional<String> systemdUnit() {
        return cgroup.flatMap(CgroupPath::unit);
    }

    /**
     * The container that the process runs in, from its control group, as Docker, containerd, CRI-O and Podman name it.
     *
     * @return 64 hexadecimal digits; empty if there is none
     */
    public Optional<String> containerId() {
        return cgroup.flatMap(CgroupPath::container);
    }

    /**
     * The process as text.
     *
     * @return such as {@code curl (pid 812, uid 1000)}, safe to print
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(48);
        PrintableText.append(text, name);
        return text.append(" (pid ")
                .append(pid)
                .append(", uid ")
                .append(uid)
                .append(')')
                .toString();
    }
}
