// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.socket;

import dev.nfkit.socket.EscapeListener;
import dev.nfkit.socket.Loan;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Collects the uses of borrowed views after their callback had returned, so that they fail the test. Any thread. */
public final class Escapes implements EscapeListener {
    private static final int KEPT = 8;
    /** The packages that contain no application code. */
    private static final Set<String> INSIDE = Set.of(
            "dev.nfkit",
            "dev.nfkit.session",
            "dev.nfkit.conntrack",
            "dev.nfkit.conntrack.codec",
            "dev.nfkit.conntrack.event",
            "dev.nfkit.conntrack.table",
            "dev.nfkit.coroutines",
            "dev.nfkit.decode",
            "dev.nfkit.kotlin",
            "dev.nfkit.netfilter",
            "dev.nfkit.netfilter.decode",
            "dev.nfkit.nflog",
            "dev.nfkit.nfqueue",
            "dev.nfkit.packet",
            "dev.nfkit.socket");

    private final List<String> texts = new ArrayList<>();
    private @Nullable IllegalStateException first;
    private long count;

    @Override
    public synchronized void escaped(Loan loan, IllegalStateException use) {
        count++;
        if (first == null) {
            first = use;
        }
        String text = "a borrowed " + loan.what() + " was used after its callback had returned, at " + place(use)
                + " (thread " + Thread.currentThread().getName() + "); it was handed out at " + place(loan.place());
        if (texts.size() < KEPT && !texts.contains(text)) {
            texts.add(text);
        }
    }

    /** Describes the uses. */
    public synchronized List<String> texts() {
        List<String> all = new ArrayList<>(texts);
        if (count > texts.size() && count > 1) {
            all.add("(" + count + " uses in all)");
        }
        return all;
    }

    /** The error of the first use. Its cause has the stack trace of the handing out. */
    public synchronized @Nullable IllegalStateException first() {
        return first;
    }

    private static String place(Throwable where) {
        StackTraceElement[] stack = where.getStackTrace();
        for (StackTraceElement frame : stack) {
            int dot = frame.getClassName().lastIndexOf('.');
            if (!INSIDE.contains(frame.getClassName().substring(0, Math.max(dot, 0)))) {
                return frame.toString();
            }
        }
        return stack.length == 0 ? "an unknown place" : stack[0].toString();
    }
}
