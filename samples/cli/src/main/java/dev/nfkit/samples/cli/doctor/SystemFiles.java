// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** The files of the system that checks read. */
interface SystemFiles {
    /** More than any of these files has. */
    int LARGEST = 32 << 20;

    /** The text of a file, uncompressed if its name ends in {@code .gz}; empty if it cannot be read. */
    Optional<String> text(String path);

    /** The files of this machine. */
    static SystemFiles ofThisMachine() {
        return path -> {
            try (InputStream stream = Files.newInputStream(Path.of(path));
                    InputStream content = path.endsWith(".gz") ? new GZIPInputStream(stream) : stream) {
                return Optional.of(new String(content.readNBytes(LARGEST), StandardCharsets.ISO_8859_1));
            } catch (IOException | SecurityException e) {
                return Optional.empty();
            }
        };
    }
}
