// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.PrintableText;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The terminal on standard output. Live output uses the alternate screen; the original screen is restored at the end.
 */
public final class Terminal {
    private static final String ENTER = "\u001b[?1049h\u001b[?25l";
    private static final String LEAVE = "\u001b[?25h\u001b[?1049l";
    private static final String HOME = "\u001b[H";
    private static final String END_OF_LINE = "\u001b[K\r\n";
    private static final String END_OF_SCREEN = "\u001b[J";
    private static final Pattern SIZE = Pattern.compile("(\\d{1,5}) (\\d{1,5})\\s*");
    private static final long ANSWER_SECONDS = 2;

    private final TextOutput text;

    /**
     * The size of a terminal.
     *
     * @param rows lines
     * @param columns characters of a line
     */
    public record Size(int rows, int columns) {
        private static final Size USUAL = new Size(24, 80);
    }

    public Terminal(TextOutput text) {
        this.text = text;
    }

    /** Whether a descriptor of this process is a terminal. Java has no API for it. */
    public static boolean is(int descriptor) {
        try {
            Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
            return target.startsWith("/dev/pts") || target.toString().matches("/dev/(tty.*|console)");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** The current size, from stty, since Java has no API for it. 24 lines of 80 columns if it is unknown. */
    public static Size size() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/proc/self/fd/1"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String answer = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            stty.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS);
            Matcher matcher = SIZE.matcher(answer);
            if (matcher.matches()
                    && !matcher.group(1).equals("0")
                    && !matcher.group(2).equals("0")) {
                return new Size(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
            }
        } catch (IOException e) {
            // There is no stty, or no terminal.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Size.USUAL;
    }

    /** Switches to the alternate screen, without a cursor. */
    public void enter() throws WriteFailure {
        text.raw(ENTER);
        text.flush();
    }

    /** Switches back to the original screen. */
    public void leave() throws WriteFailure {
        text.raw(LEAVE);
        text.flush();
    }

    /** Replaces the lines on the screen, as far as they fit. */
    public void show(List<String> lines, Size size) throws WriteFailure {
        StringBuilder screen = new StringBuilder(HOME);
        for (String line : lines.subList(0, Math.min(lines.size(), size.rows() - 1))) {
            PrintableText.append(screen, line);
            screen.append(END_OF_LINE);
        }
        text.raw(screen.append(END_OF_SCREEN));
        text.flush();
    }
}
