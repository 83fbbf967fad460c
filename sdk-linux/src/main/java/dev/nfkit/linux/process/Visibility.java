// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.process;

import dev.nfkit.process.UnknownReason;
import java.util.regex.Pattern;

/** Why a process that has a socket may be invisible, pid_namespaces(7) and the option {@code hidepid} in proc(5). */
final class Visibility {
    private static final int CAP_SYS_PTRACE = 19;
    /** The initial pid namespace ({@code PROC_PID_INIT_INO} in the kernel). */
    private static final String INITIAL = "pid:[4026531836]";

    private static final Pattern HIDING = Pattern.compile(" - proc .*\\bhidepid=(?!0\\b|off\\b)");
    private static final Pattern CAPABILITIES = Pattern.compile("\nCapEff:\\s*([0-9a-f]{1,16})");

    private Visibility() {}

    /**
     * Why a socket has no process here.
     *
     * @param files the files of processes
     * @param denied whether descriptors of a process must not be read
     */
    static UnknownReason reason(ProcessFiles files, boolean denied) {
        boolean hidden =
                HIDING.matcher(files.readOwn("self/mountinfo")).find() && !mayTrace(files.readOwn("self/status"));
        if (denied || hidden) {
            return UnknownReason.NO_PERMISSION;
        }
        boolean all = files.linkOwn("self/ns/pid").map(INITIAL::equals).orElse(true);
        return all ? UnknownReason.KERNEL : UnknownReason.OTHER_PID_NAMESPACE;
    }

    private static boolean mayTrace(String status) {
        var capabilities = CAPABILITIES.matcher(status);
        return capabilities.find() && (Long.parseUnsignedLong(capabilities.group(1), 16) >> CAP_SYS_PTRACE & 1) != 0;
    }
}
