// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.process;

import java.util.Optional;

/** The lines of {@code /proc/pid/cgroup}: a number, controllers and a path, divided by colons, cgroups(7). */
final class CgroupFile {
    private static final String VERSION_2 = "0::";
    private static final String SYSTEMD = "name=systemd";
    private static final String ROOT = "/";

    private CgroupFile() {}

    /** The path of version 2 or, if that is the root, of systemd's hierarchy or else the longest; empty if none. */
    static Optional<String> path(String text) {
        String best = "";
        int rank = 0;
        for (String line : text.split("\n", -1)) {
            int second = line.indexOf(':', line.indexOf(':') + 1);
            if (second < 0 || second + 1 >= line.length() || line.charAt(second + 1) != '/') {
                continue;
            }
            String path = line.substring(second + 1);
            int own = rank(line, path);
            if (own > rank || (own == rank && path.length() > best.length())) {
                best = path;
                rank = own;
            }
        }
        return best.isEmpty() ? Optional.empty() : Optional.of(best);
    }

    private static int rank(String line, String path) {
        if (path.equals(ROOT)) {
            return 1;
        }
        if (line.startsWith(VERSION_2)) {
            return 4;
        }
        return line.contains(":" + SYSTEMD + ":") ? 3 : 2;
    }
}
