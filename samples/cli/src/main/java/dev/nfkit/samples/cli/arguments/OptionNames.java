// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names options instead of the SDK's fields: its refusals begin with the name of a field. */
public final class OptionNames {
    private static final Map<String, String> OPTIONS = Map.of(
            "threshold", "--threshold",
            "timeout", "--timeout",
            "bufferSize", "--nlbufsiz",
            "copyRange", "-s",
            "maximumLength", "--max-length",
            "deadline", "--deadline");

    private OptionNames() {}

    /**
     * A refusal, with the option in place of the field.
     *
     * @param refusal the SDK's text
     * @param buffer the command's option for the receive buffer
     */
    public static String in(@Nullable String refusal, String buffer) {
        String text = String.valueOf(refusal);
        int end = text.indexOf(' ');
        String field = end < 0 ? text : text.substring(0, end);
        String option = field.equals("receiveBuffer") ? buffer : OPTIONS.get(field);
        return option == null ? text : option + text.substring(field.length());
    }
}
