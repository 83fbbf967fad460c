// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.query;

import java.net.InetAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The parameters of a query, verified. */
final class Parameters {
    private static final int LONGEST = 256;

    private final Map<String, String> values = new HashMap<>();
    private final Instant now;

    Parameters(URI uri, Set<String> known, Instant now) throws QueryException {
        this.now = now;
        String query = uri.getRawQuery();
        for (String part : (query == null ? "" : query).split("&", -1)) {
            if (part.isEmpty()) {
                continue;
            }
            int equals = part.indexOf('=');
            String name = decoded(equals < 0 ? part : part.substring(0, equals));
            if (!known.contains(name)) {
                throw new QueryException(
                        400, "unknown-parameter", "parameters are " + known + ", not \"" + name + "\"");
            }
            String value = equals < 0 ? "" : decoded(part.substring(equals + 1));
            if (value.length() > LONGEST || value.indexOf('\0') >= 0) {
                throw new QueryException(400, "bad-" + name, name + " is at most 256 characters");
            }
            values.put(name, value);
        }
    }

    private static String decoded(String text) throws QueryException {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new QueryException(400, "bad-query", "the query is not URL-encoded");
        }
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name)).filter(value -> !value.isEmpty());
    }

    private String required(String name) throws QueryException {
        Optional<String> value = text(name);
        if (value.isEmpty()) {
            throw new QueryException(400, "missing-" + name, name + " is required");
        }
        return value.get();
    }

    /** An address as a literal: names are not resolved. */
    InetAddress address(String name) throws QueryException {
        String text = required(name);
        if (!text.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")) {
            throw QueryException.wrong(name, "an IPv4 or IPv6 address", text);
        }
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw QueryException.wrong(name, "an IPv4 or IPv6 address", text);
        }
    }

    OptionalInt number(String name, int least, int most) throws QueryException {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        try {
            int number = Integer.parseInt(text.get());
            if (number >= least && number <= most) {
                return OptionalInt.of(number);
            }
        } catch (NumberFormatException e) {
            // the same as out of range
        }
        throw QueryException.wrong(name, "a number from " + least + " to " + most, text.get());
    }

    String oneOf(String name, Set<String> values, String otherwise) throws QueryException {
        String text = text(name).orElse(otherwise);
        if (!values.contains(text)) {
            throw QueryException.wrong(name, "one of " + values, text);
        }
        return text;
    }

    /**
     * A moment: an instant such as {@code 2026-12-01T12:03:07Z}, a time of today in UTC such as {@code 12:03:07}, or a
     * duration before now such as {@code PT5M}.
     */
    Instant time(String name, Instant otherwise) throws QueryException {
        Optional<String> given = text(name);
        if (given.isEmpty()) {
            return otherwise;
        }
        String text = given.get();
        try {
            if (text.startsWith("P")) {
                return now.minus(Duration.parse(text));
            }
            if (text.length() <= "12:03:07.123456789".length() && text.indexOf('T') < 0) {
                return LocalTime.parse(text)
                        .atDate(now.atZone(ZoneOffset.UTC).toLocalDate())
                        .toInstant(ZoneOffset.UTC);
            }
            Instant time = Instant.parse(text);
            if (time.getEpochSecond() >= 0 && time.getEpochSecond() < 1L << 33) {
                return time;
            }
        } catch (DateTimeException | ArithmeticException e) {
            // the same as out of range
        }
        throw QueryException.wrong(name, "such as 2026-12-01T12:03:07Z, 12:03:07 or PT5M", text);
    }

    Instant now() {
        return now;
    }
}
