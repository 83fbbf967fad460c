// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.query;

import dev.nfkit.kafka.schema.CountsMessage;
import dev.nfkit.kafka.schema.LedgerMessage;
import dev.nfkit.kafka.schema.LossMessage.Place;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/**
 * Balances the account of a host between two of its counts:
 *
 * <pre>{@code
 *  made + openBefore = open + stored + socket + meterAbsent + spool + broker + inTransit + difference
 * }</pre>
 *
 * <p>{@code stored} are last records of flows that the job has received once. What the agent put into its spool and is in
 * Kafka neither nor among the spool's losses is {@code inTransit}, and {@code broker} after a minute. A {@code difference}
 * other than 0 is a loss that was not counted.
 */
final class Ledger {
    /** What has not arrived so long after the agent's counts is lost. */
    private static final Duration GRACE = Duration.ofMinutes(1);

    private static final Place[] PLACES = {Place.PLACE_SOCKET, Place.PLACE_METER_ABSENT, Place.PLACE_SPOOL};

    private Ledger() {}

    /**
     * A line of the ledger. Numbers are connections.
     *
     * @param from the time of the counts before; the beginning of the account if there were none
     * @param to the time of the counts
     * @param made by the kernel
     * @param openBefore open at the beginning
     * @param open open at the end
     * @param stored whose last record was received once
     * @param socket lost at the socket of the meter
     * @param meterAbsent while no meter ran
     * @param spool at the limits of the spool, or because it could not be written
     * @param broker acknowledged by the brokers and not received
     * @param inTransit in the spool or on the way
     * @param difference what is missing in this account
     * @param lostEvents events that the kernel dropped
     * @param uncountedLosses losses whose size is not known
     */
    record Line(
            String from,
            String to,
            long made,
            long openBefore,
            long open,
            long stored,
            long socket,
            long meterAbsent,
            long spool,
            long broker,
            long inTransit,
            long difference,
            long lostEvents,
            long uncountedLosses) {}

    /**
     * The account of a host's spool.
     *
     * @param host the host
     * @param account when its spool was made
     * @param balanced whether no loss is unaccounted for
     * @param total the whole time
     * @param intervals the minutes in which there were counts
     */
    record Account(String host, String account, boolean balanced, Line total, List<Line> intervals) {}

    /** The counts at the end of intervals, and the entries of an account. */
    static List<Account> accounts(Instances instances, String host, Instant from, Instant to) throws QueryException {
        List<Account> accounts = new ArrayList<>();
        for (Map.Entry<Store.Account, NavigableMap<Long, LedgerMessage>> entry :
                instances.ledger(host).entrySet()) {
            Balance balance = new Balance(entry.getKey(), entry.getValue(), from, to);
            if (!balance.isEmpty()) {
                accounts.add(balance.account(instances));
            }
        }
        accounts.sort(java.util.Comparator.comparing(Account::host).thenComparing(Account::account));
        return accounts;
    }

    private static Instant time(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
    }

    /** One account. Numbers of counts separate its intervals. */
    private static final class Balance {
        private final Store.Account key;
        private final NavigableMap<Long, LedgerMessage> entries;
        private final TreeMap<Long, CountsMessage> counts = new TreeMap<>();
        private CountsMessage before = CountsMessage.getDefaultInstance();
        private long numberBefore = -1;

        Balance(Store.Account key, NavigableMap<Long, LedgerMessage> entries, Instant from, Instant to) {
            this.key = key;
            this.entries = entries;
            Map<Long, Long> numbers = new TreeMap<>(); // by minute
            entries.forEach((number, message) -> {
                if (message.hasCounts() && message.getCounts().hasKernelConnections()) {
                    Instant time = time(message.getCounts().getTimeNs());
                    if (time.isBefore(from)) {
                        before = message.getCounts();
                        numberBefore = number;
                    } else if (!time.isAfter(to)) {
                        Long earlier = numbers.put(TimeUnit.SECONDS.toMinutes(time.getEpochSecond()), number);
                        if (earlier != null) {
                            counts.remove(earlier);
                        }
                        counts.put(number, message.getCounts());
                    }
                }
            });
        }

        boolean isEmpty() {
            return counts.isEmpty();
        }

        Account account(Instances instances) throws QueryException {
            long[] bounds = LongStream.concat(
                            LongStream.of(numberBefore),
                            counts.keySet().stream().mapToLong(Long::longValue))
                    .toArray();
            long[] stored = instances.ends(key, bounds);
            List<Line> lines = new ArrayList<>();
            CountsMessage previous = before;
            long latest = counts.lastEntry().getValue().getTimeNs();
            long sum = 0;
            for (CountsMessage here : counts.values()) {
                int range = lines.size() + 1;
                lines.add(line(previous, bounds[range - 1], here, bounds[range], stored[range], latest));
                previous = here;
                sum += stored[range];
            }
            long previousNumber = bounds[bounds.length - 1];
            Line total = lines.size() == 1
                    ? lines.get(0)
                    : total(line(before, numberBefore, previous, previousNumber, sum, latest), lines);
            return new Account(
                    key.host(),
                    time(key.spool()).toString(),
                    total.difference() == 0,
                    total,
                    lines.size() > 1 ? lines : List.of());
        }

        /** What is lost at the broker is found in the lines of older intervals. */
        private static Line total(Line all, List<Line> lines) {
            long missing = all.broker() + all.inTransit();
            long broker =
                    Math.min(missing, lines.stream().mapToLong(Line::broker).sum());
            return new Line(
                    all.from(),
                    all.to(),
                    all.made(),
                    all.openBefore(),
                    all.open(),
                    all.stored(),
                    all.socket(),
                    all.meterAbsent(),
                    all.spool(),
                    broker,
                    missing - broker,
                    all.difference(),
                    all.lostEvents(),
                    all.uncountedLosses());
        }

        private Line line(
                CountsMessage first, long firstNumber, CountsMessage last, long lastNumber, long stored, long latest) {
            Map<Place, Long> unseen = new EnumMap<>(Place.class);
            long[] others = new long[2];
            entries.subMap(firstNumber, false, lastNumber, true).values().forEach(message -> {
                if (message.hasLoss()) {
                    var loss = message.getLoss();
                    unseen.merge(loss.getPlace(), loss.getUnseen(), Long::sum);
                    if (loss.getPlace() == Place.PLACE_SOCKET) {
                        others[0] += loss.getEvents();
                    }
                    if (loss.getEvents() + loss.getUnseen() + loss.getBegun() + loss.getEnded() == 0) {
                        others[1]++;
                    }
                }
            });
            long[] lost = new long[PLACES.length];
            for (int i = 0; i < lost.length; i++) {
                lost[i] = unseen.getOrDefault(PLACES[i], 0L);
            }
            long made = last.getKernelConnections() - first.getKernelConnections();
            long openBefore = first.getOpen() + first.getUntracked();
            long open = last.getOpen() + last.getUntracked();
            long rest = made + openBefore - open - stored - lost[0] - lost[1] - lost[2];
            long absent = last.getSpooledEnds() - first.getSpooledEnds() - stored - lost[2];
            long arriving = Math.max(0, Math.min(rest, absent));
            boolean late = latest - last.getTimeNs() > GRACE.toNanos();
            return new Line(
                    time(firstNumber < 0 ? key.spool() : first.getTimeNs()).toString(),
                    time(last.getTimeNs()).toString(),
                    made,
                    openBefore,
                    open,
                    stored,
                    lost[0],
                    lost[1],
                    lost[2],
                    late ? arriving : 0,
                    late ? 0 : arriving,
                    rest - arriving,
                    others[0],
                    others[1]);
        }
    }
}
