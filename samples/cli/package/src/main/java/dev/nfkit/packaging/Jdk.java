// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * The JDK that the product's Java is linked from: of {@code -Dnfkit.newer.java}, the one that runs the build, or the first in
 * {@code /usr/lib/jvm}. Caches of classes by {@code -XX:AOTCache} need 25.
 *
 * @param home its directory
 */
record Jdk(Path home) {
    private static final int SINCE = 25;

    static Jdk find() throws IOException {
        List<Path> homes = new ArrayList<>();
        Optional.ofNullable(System.getProperty("nfkit.newer.java"))
                .filter(named -> !named.isBlank())
                .map(Path::of)
                .ifPresent(homes::add);
        homes.add(Path.of(System.getProperty("java.home")));
        Path usual = Path.of("/usr/lib/jvm");
        if (Files.isDirectory(usual)) {
            try (Stream<Path> all = Files.list(usual)) {
                all.sorted().forEach(homes::add);
            }
        }
        for (Path home : homes) {
            if (Files.isExecutable(home.resolve("bin/jlink")) && feature(home) >= SINCE) {
                return new Jdk(home);
            }
        }
        throw new IOException(
                "no JDK from " + SINCE + " on with jlink in " + homes + "; name one by -Dnfkit.newer.java");
    }

    private static int feature(Path home) throws IOException {
        Path release = home.resolve("release");
        if (!Files.isReadable(release)) {
            return 0;
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(release)) {
            properties.load(reader);
        }
        String version = properties.getProperty("JAVA_VERSION", "\"0\"").replace("\"", "");
        return Integer.parseInt(version.replaceFirst("\\D.*", ""));
    }
}
