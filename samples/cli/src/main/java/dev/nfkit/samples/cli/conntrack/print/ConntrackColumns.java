// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.run.Failure;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The output format of entries, and the optional columns of lines.
 *
 * @param format the output format
 * @param layer3 whether the family comes first
 * @param id whether to print the entry's id
 * @param timestamps whether to print when the connection began and ended
 * @param labels the names of the labels, or null to omit them
 * @param eventTimes the time before each event
 * @param process whether to print the process of a connection
 */
public record ConntrackColumns(
        Format format,
        boolean layer3,
        boolean id,
        boolean timestamps,
        @Nullable LabelNames labels,
        boolean eventTimes,
        boolean process) {
    /** The output formats. */
    public enum Format {
        /** The lines of conntrack(8). */
        LINES,
        /** Commands that recreate the entries. */
        SAVE,
        /** An XML document. */
        XML
    }

    /** The lines of {@code conntrack -o extended,id}, in which recordings are printed. */
    public static final ConntrackColumns EXTENDED =
            new ConntrackColumns(Format.LINES, true, true, false, null, false, false);

    /** Parses the argument of {@code -o}. */
    public static ConntrackColumns parse(List<String> words, LabelNames names) throws Failure {
        Format format = Format.LINES;
        boolean layer3 = false;
        boolean id = false;
        boolean timestamps = false;
        boolean labels = false;
        boolean eventTimes = false;
        boolean process = false;
        for (String word : words) {
            switch (word.toLowerCase(Locale.ROOT)) {
                case "extended" -> layer3 = true;
                case "id" -> id = true;
                case "ktimestamp" -> timestamps = true;
                case "timestamp" -> eventTimes = true;
                case "labels" -> labels = true;
                case "process" -> process = true;
                case "xml" -> format = Format.XML;
                case "save" -> format = Format.SAVE;
                default ->
                    throw Failure.usage("-o " + word
                            + ": not known; give extended, id, timestamp, ktimestamp, labels, process, xml or save");
            }
        }
        if (words.size() > 1 && words.stream().anyMatch("save"::equalsIgnoreCase)) {
            throw Failure.usage("-o save: cannot be combined with another output");
        }
        if (process && format != Format.LINES) {
            throw Failure.usage("-o process: cannot be combined with xml");
        }
        return new ConntrackColumns(format, layer3, id, timestamps, labels ? names : null, eventTimes, process);
    }
}
