// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the path of a control group shows. Systemd names a group after its unit, with an underscore in front of names
 * that would collide with the kernel's files ({@code cg_path_decode_unit} in systemd). Runtimes of containers name it
 * after the container: alone, or as {@code docker-ID.scope}.
 */
final class CgroupPath {
    private static final Pattern UNIT = Pattern.compile("_?(.+\\.(?:service|scope|socket|mount|swap))");
    private static final Pattern CONTAINER = Pattern.compile("(?:.*[-:])?([0-9a-f]{64})(?:\\.scope)?");
    /** Podman's monitor of a container, which is outside of it. */
    private static final String MONITOR = "conmon-";

    private CgroupPath() {}

    /** The innermost unit. */
    static Optional<String> unit(String path) {
        return innermost(path, UNIT);
    }

    /** The innermost container. */
    static Optional<String> container(String path) {
        return innermost(path, CONTAINER).filter(id -> !path.contains(MONITOR + id));
    }

    private static Optional<String> innermost(String path, Pattern pattern) {
        int end = path.length();
        while (end > 0) {
            int slash = path.lastIndexOf('/', end - 1);
            Matcher matcher = pattern.matcher(path).region(slash + 1, end);
            if (matcher.matches()) {
                return Optional.of(matcher.group(1));
            }
            end = slash;
        }
        return Optional.empty();
    }
}
