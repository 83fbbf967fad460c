// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.PrintableText;
import java.io.PrintWriter;
import java.io.StringWriter;

/** Prints lines on standard error. They may contain names from outside, so all of them pass {@link PrintableText}. */
public final class Messages {
    private Messages() {}

    /** Prints a line. */
    public static void print(String line) {
        System.err.println(PrintableText.of(line));
    }

    /** Prints an unexpected failure with its stack trace. */
    public static void print(Throwable failure) {
        StringWriter trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace, true));
        // The lines of a stack trace begin with tabs.
        trace.toString().lines().map(line -> line.replace("\t", "    ")).forEach(Messages::print);
    }
}
