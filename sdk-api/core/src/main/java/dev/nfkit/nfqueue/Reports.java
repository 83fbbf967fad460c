// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.Errno;
import dev.nfkit.nfqueue.Unanswered.Cause;
import dev.nfkit.session.Failures;
import dev.nfkit.session.RepeatedWarning;
import dev.nfkit.session.SessionJournal;
import dev.nfkit.session.SessionLog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reports packets that the application failed to decide, to its handlers or to the log. Handlers and logging backends
 * may block and may throw anything. Therefore reports of an open session are made on a separate thread, and nothing
 * here is called under a lock of the session.
 */
final class Reports {
    private static final int NAMED = 10;

    private final NfqueueOptions options;
    private final Class<?> logger;
    private final ReportThread thread;
    private final SessionJournal journal;
    private final RepeatedWarning unanswered = new RepeatedWarning();
    private final RepeatedWarning slowDecider = new RepeatedWarning();
    private final RepeatedWarning noVerdict = new RepeatedWarning();
    private final RepeatedWarning unsent = new RepeatedWarning();
    private final RepeatedWarning refused = new RepeatedWarning();
    private final RepeatedWarning failures = new RepeatedWarning();
    private final List<Unanswered> atEnd = new ArrayList<>();

    /** Messages are logged in the name of a class. */
    Reports(NfqueueOptions options, Class<?> logger) {
        this.options = options;
        this.logger = logger;
        thread = new ReportThread(this::warn);
        journal = new SessionJournal(logger, "queue", this::later);
    }

    /** What the session writes to the log and to JFR. */
    SessionJournal journal() {
        return journal;
    }

    /** Reports held packets that got the verdict of their deadline. Any thread; does not wait. */
    void expired(List<Unanswered> packets) {
        if (!packets.isEmpty()) {
            for (Unanswered each : packets) {
                journal.deadline(each.packet().queue(), (int) each.packet().id(), true, each.verdict());
            }
            thread.submit(() -> unanswered(packets));
        }
    }

    /** Records held packets that got the close verdict, to be reported by {@link #end()}. */
    void settled(List<Unanswered> packets) {
        for (Unanswered each : packets) {
            journal.unanswered(each.packet().queue(), (int) each.packet().id(), "END", each.verdict());
        }
        synchronized (atEnd) {
            atEnd.addAll(packets);
        }
    }

    /**
     * Called when the session has ended: waits a limited time for the reports in progress, then makes the last ones on
     * this thread.
     *
     * @throws Error as a handler throws; its exceptions are logged
     */
    void end() {
        thread.end();
        List<Unanswered> packets;
        synchronized (atEnd) {
            packets = List.copyOf(atEnd);
            atEnd.clear();
        }
        if (!packets.isEmpty()) {
            Failures.rethrow(unanswered(packets));
        }
    }

    /** Reports held packets without an answer; returns the first Error that a handler throws, or null. */
    private @Nullable Throwable unanswered(List<Unanswered> packets) {
        Consumer<Unanswered> handler = options.unansweredHandler().orElse(null);
        if (handler == null) {
            logUnanswered(packets);
            return null;
        }
        Throwable error = null;
        for (Unanswered packet : packets) {
            try {
                handler.accept(packet);
            } catch (Throwable e) {
                handlerFailed("onUnanswered", e);
                error = e instanceof Error ? Failures.join(error, e) : error;
            }
        }
        return error;
    }

    private void logUnanswered(List<Unanswered> packets) {
        long total = unanswered.count(packets.size());
        if (total == 0) {
            return;
        }
        Unanswered first = packets.get(0);
        String named = packets.stream()
                .limit(NAMED)
                .map(each -> each.packet().queue() + "/" + each.packet().id())
                .collect(Collectors.joining(", "));
        String more = packets.size() > NAMED ? ", …" : "";
        String why = first.cause() == Cause.DEADLINE ? "within their deadline" : "before the end of the session";
        warn(packets.size() + " held packets were not answered " + why + " and got " + first.verdict() + ": queue/id "
                + named + more + " (" + total + " so far)");
    }

    /** Calls a handler that runs on the polling thread. Its exceptions are logged, its Errors are thrown. */
    <T> void call(String name, Consumer<T> handler, T what) {
        try {
            handler.accept(what);
        } catch (Exception e) {
            later(() -> handlerFailed(name, e));
        }
    }

    private void handlerFailed(String name, Throwable problem) {
        long total = failures.count(1);
        if (total > 0) {
            SessionLog.warn(logger, "the handler " + name + " threw (" + total + " so far)", problem);
        }
    }

    /** Reports packets that got the verdict of the deadline while a decider was running. */
    void slowDecider(long packets) {
        long total = slowDecider.count(packets);
        if (total > 0) {
            later(() -> warn("a decider took longer than the deadline: " + total + " packets so far got "
                    + options.deadlineVerdict()));
        }
    }

    /** Reports that a decider returned null, or HELD without holding the packet. */
    void noVerdict(boolean held) {
        long total = noVerdict.count(1);
        if (total > 0) {
            String what = held ? "HELD without calling hold()" : "null";
            later(() -> warn("a decider returned " + what + "; the packet got the failure verdict "
                    + options.failureVerdict() + " (" + total + " so far)"));
        }
    }

    /** Reports a verdict that the kernel refused, if no handler takes it. */
    void refused(String packet, Errno errno) {
        long total = refused.count(1);
        if (total > 0) {
            later(() -> warn("the kernel refused a verdict for " + packet + ": " + errno + " (" + total + " so far)"));
        }
    }

    /** Reports verdicts that could not be sent, if no caller gets the exception. */
    void unsent(Throwable problem) {
        long total = unsent.count(1);
        if (total > 0) {
            later(() -> SessionLog.warn(
                    logger,
                    "verdicts could not be sent; they are tried again (" + total + " failures so far)",
                    problem));
        }
    }

    /** Reports an exception of a watchdog round. Never throws. */
    void watchdogFailed(Throwable problem) {
        try {
            unsent(problem);
        } catch (Throwable ignored) {
            // There is no memory for a report.
        }
    }

    /** Logs without waiting for the log. */
    void later(Runnable report) {
        thread.submit(report);
    }

    /** Logs a warning. */
    void warn(String text) {
        SessionLog.warn(logger, text);
    }
}
