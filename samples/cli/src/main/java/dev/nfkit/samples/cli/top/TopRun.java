// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.top;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.samples.cli.output.Terminal;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WallClock;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Samples the table and prints the samples, until it is stopped. */
final class TopRun {
    private static final int USUAL_ROWS = 20;
    /**
     * The lines of a screen that do not show connections: the totals, a remark, an empty line, the header, and the
     * cursor's.
     */
    private static final int OTHER_LINES = 5;

    private static final int UNBOUNDED = Integer.MAX_VALUE;

    private final Conntrack table;
    private final TopTable top;
    private final Settings settings;
    private final TextOutput text;
    private final TopJson json = new TopJson();
    private final CountDownLatch stopped = new CountDownLatch(1);

    /**
     * How samples are printed.
     *
     * @param order the order of connections
     * @param rows the number of connections, or 0 for as many as fit
     * @param interval nanoseconds between two samples
     * @param looks the number of samples to print
     * @param json whether to print JSON
     * @param live whether to update the terminal in place
     */
    record Settings(TopTable.Order order, int rows, long interval, long looks, boolean json, boolean live) {}

    TopRun(Conntrack table, TopTable top, Settings settings, TextOutput text) {
        this.table = table;
        this.top = top;
        this.settings = settings;
        this.text = text;
    }

    /** Stops the run. Any thread. */
    void stop() {
        stopped.countDown();
    }

    /** Runs to the end and returns the exit code. */
    int await() throws Failure {
        try {
            TopTable.Sample first = top.look(table, settings.order(), 1);
            if (first.uncounted() > 0 && first.uncounted() == first.connections()) {
                throw Failure.usage(
                        "there are " + first.connections() + " connections without counters: " + TopScreen.COUNT_THEM);
            }
            run(first);
            return 0;
        } catch (WriteFailure e) {
            if (e.readerGone()) {
                return 0; // the reader closed the pipe
            }
            throw Failure.running(e);
        } catch (NetlinkException e) {
            throw Failure.running(e);
        }
    }

    private void run(TopTable.Sample first) throws NetlinkException, WriteFailure {
        Terminal terminal = new Terminal(text);
        if (settings.live()) {
            terminal.enter();
        }
        try {
            if (settings.live()) {
                Terminal.Size size = Terminal.size();
                terminal.show(TopScreen.lines(first, size.columns()), size);
            }
            for (long looks = 0; looks < settings.looks() && !pause(); looks++) {
                show(terminal, looks > 0);
            }
        } finally {
            if (settings.live()) {
                terminal.leave();
            }
        }
    }

    /** Waits for the next sample. Returns whether the run was stopped. */
    private boolean pause() {
        try {
            return stopped.await(settings.interval(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private void show(Terminal terminal, boolean again) throws NetlinkException, WriteFailure {
        Terminal.Size size = settings.live() ? Terminal.size() : new Terminal.Size(UNBOUNDED, UNBOUNDED);
        int fitting = settings.live() ? Math.max(1, size.rows() - OTHER_LINES) : USUAL_ROWS;
        TopTable.Sample sample = top.look(table, settings.order(), settings.rows() == 0 ? fitting : settings.rows());
        if (settings.live()) {
            terminal.show(TopScreen.lines(sample, size.columns()), size);
            return;
        }
        List<String> lines =
                settings.json() ? json.lines(sample, WallClock.nanos()) : TopScreen.lines(sample, size.columns());
        if (again && !settings.json()) {
            text.line("");
        }
        for (String line : lines) {
            text.line(line);
        }
        text.flush();
    }
}
