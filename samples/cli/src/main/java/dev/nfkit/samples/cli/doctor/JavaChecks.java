// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import dev.nfkit.linux.LinuxTransport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks how this Java reaches the C library: by java.lang.foreign, or by JNA, which unpacks a library. */
final class JavaChecks {
    private static final int FIRST_WITH_FOREIGN = 22;

    private final SystemFiles files;

    JavaChecks(SystemFiles files) {
        this.files = files;
    }

    List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        int feature = Runtime.version().feature();
        findings.add(Finding.ok("java", "Java " + Runtime.version() + ", " + System.getProperty("java.vendor")));
        if (feature >= FIRST_WITH_FOREIGN && nativeAccess()) {
            findings.add(Finding.ok("native", "calls by java.lang.foreign; JNA is not needed"));
            return findings;
        }
        findings.add(feature >= FIRST_WITH_FOREIGN ? permitted() : jna(feature));
        findings.add(place());
        return findings;
    }

    private static Finding permitted() {
        Module module = LinuxTransport.class.getModule();
        String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
        String cure = "start java with --enable-native-access=" + name + ", which makes calls faster";
        return jnaThere()
                ? Finding.warning("native", "calls by JNA, because native access is not permitted", cure)
                : Finding.problem("native", "native access is not permitted, and JNA is missing", cure);
    }

    private static Finding jna(int feature) {
        String what = "Java " + feature + " has no java.lang.foreign";
        return jnaThere()
                ? Finding.ok("native", "calls by JNA: " + what)
                : Finding.problem(
                        "native", what + ", and JNA is missing", "add net.java.dev.jna:jna to the class path");
    }

    private static boolean jnaThere() {
        try {
            Class.forName("com.sun.jna.Native", false, LinuxTransport.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** Module.isNativeAccessEnabled, which older Java does not have. */
    private static boolean nativeAccess() {
        try {
            return (boolean) Module.class.getMethod("isNativeAccessEnabled").invoke(LinuxTransport.class.getModule());
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    private Finding place() {
        String cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .filter(text -> !text.isEmpty())
                .orElse(System.getProperty("user.home") + "/.cache");
        String mounts = files.text("/proc/self/mountinfo").orElse("");
        String named = System.getProperty("jna.tmpdir");
        if (named != null) {
            return place(Path.of(named).toAbsolutePath(), mounts);
        }
        Path place = Path.of(cache, "JNA", "temp").toAbsolutePath();
        // JNA's own second choice.
        return place(
                writable(place)
                        ? place
                        : Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath(),
                mounts);
    }

    private static boolean writable(Path place) {
        return Files.isWritable(existing(place));
    }

    private static Path existing(Path place) {
        Path existing = place;
        while (existing.getParent() != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        return existing;
    }

    /** Whether JNA can unpack its library into a directory and run it from there. */
    static Finding place(Path place, String mounts) {
        String cure = "name a directory by -Djna.tmpdir=DIR that this user may write to and that is not mounted noexec";
        if (noexec(place, mounts)) {
            return Finding.problem("jna", place + " is mounted noexec, so that JNA's library cannot run", cure);
        }
        Path existing = existing(place);
        return Files.isWritable(existing)
                ? Finding.ok("jna", "its library is unpacked into " + place)
                : Finding.problem("jna", existing + " is not writable, so that JNA cannot unpack its library", cure);
    }

    /** Whether the mount that contains a path has the option noexec, by the lines of mountinfo, proc(5). */
    static boolean noexec(Path place, String mounts) {
        Path longest = null;
        boolean noexec = false;
        for (String line : mounts.lines().toList()) {
            String[] columns = line.split(" ", -1);
            if (columns.length < 6) {
                continue;
            }
            Path point = Path.of(columns[4].replace("\\040", " "));
            // A later mount of the same place covers an earlier one.
            if (place.startsWith(point) && (longest == null || point.getNameCount() >= longest.getNameCount())) {
                longest = point;
                noexec = List.of(columns[5].split(",", -1)).contains("noexec");
            }
        }
        return noexec;
    }
}
