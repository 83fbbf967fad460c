// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.names;

import dev.nfkit.PrintableText;
import dev.nfkit.samples.cli.run.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The names of labels in {@code /etc/xtables/connlabel.conf}: a number and a name in each line. */
public final class LabelNames {
    private static final Path FILE = Path.of("/etc/xtables/connlabel.conf");
    private static final int LABELS = 128;

    private final Map<Integer, String> names = new HashMap<>();
    private final Map<String, Integer> numbers = new HashMap<>();

    public LabelNames(List<String> lines) {
        for (String line : lines) {
            String[] words = line.replaceFirst("#.*", "").trim().split("\\s+", -1);
            if (words.length >= 2 && isLabel(words[0])) {
                names.put(Integer.parseInt(words[0]), words[1]);
                numbers.put(words[1], Integer.parseInt(words[0]));
            }
        }
    }

    /** The names of this machine; empty if it has no such file. */
    public static LabelNames ofMachine() {
        try {
            return new LabelNames(Files.readAllLines(FILE));
        } catch (IOException e) {
            return new LabelNames(List.of());
        }
    }

    private static boolean isLabel(String text) {
        return text.matches("\\d{1,3}") && Integer.parseInt(text) < LABELS;
    }

    /** Parses the labels of an option, each a number or a name. */
    public BitSet parse(String option, List<String> words) throws Failure {
        BitSet labels = new BitSet();
        for (String word : words) {
            Integer number = numbers.get(word);
            if (number == null && !isLabel(word)) {
                throw Failure.usage(option + " " + word + ": neither a label of 0 to 127 nor a name in " + FILE);
            }
            labels.set(number == null ? Integer.parseInt(word) : number);
        }
        return labels;
    }

    /** The name of a label; its number if it has none. */
    public String name(int label) {
        return names.getOrDefault(label, Integer.toString(label));
    }

    /** Appends {@code labels=eth0-in,7 }; nothing if no label is set. Labels without a name are printed as numbers. */
    public void append(BitSet labels, StringBuilder line) {
        String before = "labels=";
        for (int label = labels.nextSetBit(0); label >= 0; label = labels.nextSetBit(label + 1)) {
            PrintableText.append(line.append(before), name(label));
            before = ",";
        }
        if (!labels.isEmpty()) {
            line.append(' ');
        }
    }
}
