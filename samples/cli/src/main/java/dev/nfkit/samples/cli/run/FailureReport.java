// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.run;

import dev.nfkit.ErrorCode;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;

/**
 * Reports how a command failed: for people on standard error, with the place where its code is explained, and for programs as
 * the last object of the command's JSON.
 */
public final class FailureReport {
    private FailureReport() {}

    /**
     * Reports a failure.
     *
     * @param failure the failure
     * @param message its message, one line
     * @param json whether the command prints JSON
     */
    public static void print(Failure failure, String message, boolean json) {
        Messages.print("nfkit: " + message);
        failure.code().ifPresent(code -> Messages.print("nfkit: see " + code.link() + " (" + code + ")"));
        if (json) {
            try {
                TextOutput output = TextOutput.standard();
                output.line(object(failure, message));
                output.flush();
            } catch (WriteFailure e) {
                if (!e.readerGone()) {
                    Messages.print("nfkit: " + e.getMessage());
                }
            }
        }
    }

    private static String object(Failure failure, String message) {
        StringBuilder line = new StringBuilder();
        JsonObject json = new JsonObject();
        json.beginNow(line, "error");
        json.string("message", message);
        json.number("exit_code", failure.exitCode());
        failure.code().ifPresent(code -> code(json, code));
        json.end();
        return line.toString();
    }

    /** Writes the members {@code code} and {@code help}. */
    public static void code(JsonObject json, ErrorCode code) {
        json.string("code", code.text());
        json.string("help", code.link());
    }
}
