// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog;

import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The names of a capture's files, as dumpcap forms them: {@code name_00001_20261120223344.pcapng}. */
final class FileNames {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMddHHmmss", Locale.ROOT);

    private FileNames() {}

    static Path numbered(Path template, long number, LocalDateTime time) {
        String name = String.valueOf(template.getFileName());
        int dot = name.lastIndexOf('.');
        String stem = dot <= 0 ? name : name.substring(0, dot);
        String suffix = dot <= 0 ? "" : name.substring(dot);
        return template.resolveSibling(
                String.format(Locale.ROOT, "%s_%05d_%s%s", stem, number, TIME.format(time), suffix));
    }
}
