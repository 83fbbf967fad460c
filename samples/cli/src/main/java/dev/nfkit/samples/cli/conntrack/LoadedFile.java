// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack;

import dev.nfkit.samples.cli.run.Failure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The commands of a file for {@code -R}: one in each line, with the options of the command line. Empty lines and lines
 * that begin with # are ignored. Words with spaces are put in double quotes, in which a backslash escapes the next
 * character.
 */
final class LoadedFile {
    private final List<Line> lines;

    /**
     * A command.
     *
     * @param place the file and the line number, for errors
     * @param words its words, at least one
     */
    record Line(String place, List<String> words) {}

    private LoadedFile(List<Line> lines) {
        this.lines = lines;
    }

    /** Reads a file, or standard input if its name is {@code -}. */
    static LoadedFile read(Path file) throws Failure {
        boolean standard = file.toString().equals("-");
        String name = standard ? "standard input" : file.toString();
        try (Reader reader =
                standard ? new InputStreamReader(System.in, StandardCharsets.UTF_8) : Files.newBufferedReader(file)) {
            return parse(name, reader);
        } catch (NoSuchFileException e) {
            throw Failure.usage("-R " + name + ": No such file or directory");
        } catch (IOException e) {
            throw Failure.usage("-R " + name + ": " + e.getMessage(), e);
        }
    }

    static LoadedFile parse(String name, Reader reader) throws IOException, Failure {
        List<Line> lines = new ArrayList<>();
        BufferedReader buffered = new BufferedReader(reader);
        int number = 0;
        for (String text = buffered.readLine(); text != null; text = buffered.readLine()) {
            number++;
            String place = name + ", line " + number;
            List<String> words = text.stripLeading().startsWith("#") ? List.of() : words(place, text);
            if (!words.isEmpty()) {
                lines.add(new Line(place, words));
            }
        }
        return new LoadedFile(lines);
    }

    List<Line> lines() {
        return lines;
    }

    private static List<String> words(String place, String text) throws Failure {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        boolean begun = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '\\' && i + 1 < text.length()) {
                i++;
                word.append(text.charAt(i));
            } else if (c == '"') {
                quoted = !quoted;
                begun = true;
            } else if (!quoted && Character.isWhitespace(c)) {
                if (begun) {
                    words.add(word.toString());
                    word.setLength(0);
                    begun = false;
                }
            } else {
                word.append(c);
                begun = true;
            }
        }
        if (quoted) {
            throw Failure.usage(place + ": a double quote is not closed");
        }
        if (begun) {
            words.add(word.toString());
        }
        return words;
    }
}
