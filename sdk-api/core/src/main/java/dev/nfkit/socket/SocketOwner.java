// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.PrintableText;

/** The process that has a port id. */
public record SocketOwner(long pid, String name) {
    /**
     * A process.
     *
     * @param pid its process id
     * @param name its name, as {@code /proc/pid/comm} has it
     */
    public SocketOwner {}

    /**
     * The process id.
     *
     * @return a number as seen from this process's pid namespace
     */
    @Override
    public long pid() {
        return pid;
    }

    /**
     * The process's name.
     *
     * @return as {@code /proc/pid/comm} has it, 15 characters at most; the process chooses it, so it may contain
     *     control characters
     */
    @Override
    public String name() {
        return name;
    }

    /**
     * The process as text.
     *
     * @return such as {@code ulogd, pid 812}, safe to print
     */
    @Override
    public String toString() {
        return PrintableText.of(name) + ", pid " + pid;
    }
}
