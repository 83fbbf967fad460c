package dev.nfkit.samples.cli;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What lines have besides what they always have.
 *
 * @param layer3 the family first
 * @param id the entry's id
 * @param timestamps when the connection began and ended
 * @param labels the names of its labels, or null for none
 * @param eventTimes the time before each event
 */
record ConntrackColumns(
        boolean layer3,
        boolean id,
        boolean timestamps,
        @Nullable LabelNames labels,
        boolean eventTimes) {
    /** Those of {@code conntrack -o extended,id}, which recordings are shown with. */
    static final ConntrackColumns EXTENDED = new ConntrackColumns(true, true, false, null, false);

    /** Reads what stands behind {@code -o}. */
    static ConntrackColumns parse(List<String> words, LabelNames names) throws Failure {
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
                case "xml", "save" -> throw Failure.usage("-o " + word + ": not made here; --json is");
                default ->
                    throw Failure.usage(
                            "-o " + word + ": not known; give extended, id, timestamp, ktimestamp or labels");
            }
        }
        return new ConntrackColumns(layer3, id, timestamps, labels ? names : null, eventTimes);
    }
}
