package dev.nfkit.nfqueue;

import dev.nfkit.nfqueue.Unanswered.Cause;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Tells the application, or the log, of what it failed to decide. */
final class Reports {
    private static final int NAMED = 10;

    private Reports() {}

    /** Held packets without an answer. */
    static void unanswered(NfqueueOptions options, List<Unanswered> packets) {
        if (packets.isEmpty()) {
            return;
        }
        Consumer<Unanswered> handler = options.unansweredHandler().orElse(null);
        if (handler != null) {
            packets.forEach(packet -> tell(handler, packet));
            return;
        }
        Unanswered first = packets.get(0);
        String named = packets.stream()
                .limit(NAMED)
                .map(each -> each.packet().queue() + "/" + each.packet().id())
                .collect(Collectors.joining(", "));
        String more = packets.size() > NAMED ? ", …" : "";
        String why = first.cause() == Cause.DEADLINE ? "within their deadline" : "before the session's end";
        System.getLogger(NfqueueSession.class.getName())
                .log(
                        System.Logger.Level.WARNING,
                        packets.size() + " held packets were not answered " + why + " and got " + first.verdict()
                                + ": queue/id " + named + more);
    }

    /** Hands something to a handler of the application's, which must not end the session. */
    static <T> void tell(Consumer<T> handler, T what) {
        try {
            handler.accept(what);
        } catch (RuntimeException e) {
            log(System.Logger.Level.WARNING, "a handler failed on " + what, e);
        }
    }

    /** Packets that waited too long behind a decider; told at the first, and ever more rarely. */
    static void slowDecider(NfqueueOptions options, long before, long now) {
        if (Long.highestOneBit(before) != Long.highestOneBit(now)) {
            System.getLogger(NfqueueSession.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "a decider took longer than the deadline: " + now + " packets so far got "
                                    + options.deadlineVerdict());
        }
    }

    static void log(System.Logger.Level level, String what, Throwable problem) {
        System.getLogger(NfqueueSession.class.getName()).log(level, what, problem);
    }
}
