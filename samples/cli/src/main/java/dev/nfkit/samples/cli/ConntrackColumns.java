package dev.nfkit.samples.cli;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What entries are printed as, and what lines have besides what they always have.
 *
 * @param format lines, or what else
 * @param layer3 the family first
 * @param id the entry's id
 * @param timestamps when the connection began and ended
 * @param labels the names of its labels, or null for none
 * @param eventTimes the time before each event
 */
record ConntrackColumns(
        Format format,
        boolean layer3,
        boolean id,
        boolean timestamps,
        @Nullable LabelNames labels,
        boolean eventTimes) {
    /** What entries are printed as. */
    enum Format {
        /** The lines of conntrack(8). */
        LINES,
        /** Commands that create the entries again. */
        SAVE,
        /** An XML document. */
        XML
    }

    /** Those of {@code conntrack -o extended,id}, which recordings are shown with. */
    static final ConntrackColumns EXTENDED = new ConntrackColumns(Format.LINES, true, true, false, null, false);

    /** Reads what stands behind {@code -o}. */
    static ConntrackColumns parse(List<String> words, LabelNames names) throws Failure {
        Format format = Format.LINES;
        boolean layer3 = false;
        boolean id = false;
        boolean timestamps = false;
        boolean labels = false;
        boolean eventTimes = false;
        for (String word : words) {
            switch (word.toLowerCase(Locale.ROOT)) {
                case "extended" -> layer3 = true;
                case "id" -> id = true;
                case "ktimestamp" -> timestamps = true;
                case "timestamp" -> eventTimes = true;
                case "labels" -> labels = true;
                case "xml" -> format = Format.XML;
                case "save" -> format = Format.SAVE;
                default ->
                    throw Failure.usage("-o " + word
                            + ": not known; give extended, id, timestamp, ktimestamp, labels, xml or save");
            }
        }
        if (words.size() > 1 && words.stream().anyMatch("save"::equalsIgnoreCase)) {
            throw Failure.usage("-o save: not together with another output");
        }
        return new ConntrackColumns(format, layer3, id, timestamps, labels ? names : null, eventTimes);
    }
}
