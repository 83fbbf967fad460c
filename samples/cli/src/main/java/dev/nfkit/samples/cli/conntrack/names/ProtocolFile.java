// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.names;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/** The names of protocols above IP in {@code /etc/protocols}: name, number and aliases in each line. */
public final class ProtocolFile {
    private static final Path FILE = Path.of("/etc/protocols");
    private static final int PROTOCOLS = 256;

    private final Map<String, Integer> numbers = new HashMap<>();

    public ProtocolFile(List<String> lines) {
        for (String line : lines) {
            String[] words = line.replaceFirst("#.*", "").trim().split("\\s+", -1);
            if (words.length >= 2 && words[1].matches("\\d{1,3}") && Integer.parseInt(words[1]) < PROTOCOLS) {
                for (String name : words) {
                    numbers.putIfAbsent(name.toLowerCase(Locale.ROOT), Integer.parseInt(words[1]));
                }
            }
        }
    }

    /** The names of this machine; empty if it has no such file. */
    public static ProtocolFile ofMachine() {
        try {
            return new ProtocolFile(Files.readAllLines(FILE, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return new ProtocolFile(List.of());
        }
    }

    /** The number of a protocol by its name or alias. */
    public OptionalInt find(String name) {
        Integer number = numbers.get(name.toLowerCase(Locale.ROOT));
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }
}
