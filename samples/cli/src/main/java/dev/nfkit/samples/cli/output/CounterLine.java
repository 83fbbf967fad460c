// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

/** A line on the terminal that shows counts while a command runs. */
public final class CounterLine {
    private static final long EVERY_NANOS = 250_000_000L;

    private final boolean shown;
    private long due;
    private int width;

    public CounterLine(boolean wanted) {
        shown = wanted && Terminal.is(2);
    }

    public boolean shown() {
        return shown;
    }

    public boolean due(long now) {
        return shown && now - due >= 0;
    }

    public void show(long now, String text) {
        due = now + EVERY_NANOS;
        System.err.print("\r" + text + " ".repeat(Math.max(0, width - text.length())));
        width = text.length();
    }

    /** Keeps the last count and begins a new line. */
    public void end() {
        if (width > 0) {
            System.err.println();
            width = 0;
        }
    }
}
