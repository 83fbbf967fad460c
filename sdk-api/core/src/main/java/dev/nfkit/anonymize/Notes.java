// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.socket.SocketOption;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Makes the notes of a recording anonymous: only those that a recorder writes, of numbers and fixed words, are copied. */
final class Notes {
    private static final String REMOVED = "(a note was removed)";
    private static final String UNSENT = "the datagram was not sent";

    private static final Pattern OF_RECORDER = Pattern.compile("overrun(, \\d+ datagrams lost so far)?"
            + "|no filter"
            + "|set (" + options() + ") to \\d+"
            + "|" + UNSENT
            + "|flight recorder of \\d+ bytes: (nothing|\\d+ of \\d+ entries \\(\\d+ bytes\\)) fell out before this"
            + "(, and \\d+ closed sockets were forgotten)?(; \\d+ more belong to those and are left out)?");

    /** A comment that ends with the length of a packet that was cut, as {@code NflogCaptureWriter} writes it. */
    private static final Pattern WITH_LENGTH = Pattern.compile("(?s)(?:.*, )?(original length \\d{1,10})");

    private Notes() {}

    private static String options() {
        return Arrays.stream(SocketOption.values()).map(SocketOption::name).collect(Collectors.joining("|"));
    }

    static String anonymous(String note) {
        if (OF_RECORDER.matcher(note).matches()) {
            return note;
        }
        Matcher length = WITH_LENGTH.matcher(note);
        if (length.matches()) {
            // Before it are names of interfaces.
            return length.start(1) == 0 ? note : REMOVED + ", " + length.group(1);
        }
        // The reason of an error may name a process.
        return note.startsWith(UNSENT + ": ") ? UNSENT : REMOVED;
    }
}
