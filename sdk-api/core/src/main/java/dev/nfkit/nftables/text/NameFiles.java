// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Names that the machine's own files give to numbers: services, users, groups. A file that cannot be read has none. */
final class NameFiles {
    private NameFiles() {}

    /** A port by {@code /etc/services}. */
    static Optional<BigInteger> service(String name) {
        return find("/etc/services", "\\s+", name, 1)
                .map(port -> port.replaceFirst("/.*", ""))
                .flatMap(NameFiles::number);
    }

    /** A user id by {@code /etc/passwd}. */
    static Optional<BigInteger> user(String name) {
        return find("/etc/passwd", ":", name, 2).flatMap(NameFiles::number);
    }

    /** A group id by {@code /etc/group}. */
    static Optional<BigInteger> group(String name) {
        return find("/etc/group", ":", name, 2).flatMap(NameFiles::number);
    }

    private static Optional<String> find(String file, String separator, String name, int field) {
        try (Stream<String> lines = Files.lines(Path.of(file), StandardCharsets.ISO_8859_1)) {
            return lines.map(line -> line.split(separator, -1))
                    .filter(fields -> fields.length > field && fields[0].equals(name))
                    .map(fields -> fields[field])
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static Optional<BigInteger> number(String text) {
        return TokenStream.isNumber(text) ? Optional.of(TokenStream.number(text)) : Optional.empty();
    }
}
