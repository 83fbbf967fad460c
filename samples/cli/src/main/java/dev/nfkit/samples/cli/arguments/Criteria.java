// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.samples.cli.run.Failure;
import java.math.BigDecimal;
import java.util.List;

/**
 * The conditions of {@code -a} (stop) or {@code -b} (begin the next file), in the syntax of dumpcap. 0 stands for
 * never.
 */
public record Criteria(long packets, long bytes, long nanos, long files) {
    public static final Criteria NEVER = new Criteria(0, 0, 0, 0);

    private static final BigDecimal NANOS = BigDecimal.valueOf(1_000_000_000L);
    private static final long KILOBYTE = 1000;
    private static final long MOST_FILES = 99_999;
    private static final long MOST = 1_000_000_000_000L;

    public static Criteria parse(String option, List<String> conditions) throws Failure {
        Criteria all = NEVER;
        for (String condition : conditions) {
            int colon = condition.indexOf(':');
            String key = colon < 0 ? condition : condition.substring(0, colon);
            String value = colon < 0 ? "" : condition.substring(colon + 1);
            String what = option + " " + condition;
            all = switch (key) {
                case "packets" -> new Criteria(count(what, value, MOST), all.bytes, all.nanos, all.files);
                case "filesize" -> new Criteria(all.packets, count(what, value, MOST) * KILOBYTE, all.nanos, all.files);
                case "duration" -> new Criteria(all.packets, all.bytes, seconds(what, value), all.files);
                case "files" -> new Criteria(all.packets, all.bytes, all.nanos, count(what, value, MOST_FILES));
                default ->
                    throw Failure.usage(
                            what + ": not known; give duration:S, filesize:K (kB of 1000 bytes), packets:N or files:N");
            };
        }
        return all;
    }

    private static long count(String what, String value, long most) throws Failure {
        try {
            long number = Long.parseLong(value);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw Failure.usage(what + ": expected a number from 1 to " + most);
    }

    private static long seconds(String what, String value) throws Failure {
        try {
            BigDecimal nanos = new BigDecimal(value).multiply(NANOS);
            if (nanos.signum() > 0 && nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE / 4)) < 0) {
                return Math.max(1, nanos.longValue());
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw Failure.usage(what + ": expected a positive number of seconds, such as 60 or 0.5");
    }

    public Criteria withBytes(long value) {
        return new Criteria(packets, value, nanos, files);
    }

    Criteria withPackets(long value) {
        return new Criteria(value, bytes, nanos, files);
    }

    /** Whether there is a condition for the next file. */
    public boolean switches() {
        return packets > 0 || bytes > 0 || nanos > 0;
    }
}
