package dev.nfkit.samples.cli;

import dev.nfkit.PrintableText;
import java.io.PrintWriter;
import java.io.StringWriter;

/** Lines on standard error. They may have names from outside, so all of them pass {@link PrintableText}. */
final class Messages {
    private Messages() {}

    /** Prints a line. */
    static void print(String line) {
        System.err.println(PrintableText.of(line));
    }

    /** Prints a failure that nobody expected, with its stack trace. */
    static void print(Throwable failure) {
        StringWriter trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace, true));
        // Tabs stand before the lines of a stack trace.
        trace.toString().lines().map(line -> line.replace("\t", "    ")).forEach(Messages::print);
    }
}
