// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.testkit.replay.MessageText.Line;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares two messages as text: lines of only the recorded one begin with {@code -}, of only the sent one with {@code
 * +}.
 */
final class MessageDiff {
    private static final int AROUND = 16;

    private MessageDiff() {}

    static String of(List<Line> recorded, List<Line> sent) {
        int[][] common = common(recorded, sent);
        StringBuilder text = new StringBuilder();
        List<Line> gone = new ArrayList<>();
        List<Line> come = new ArrayList<>();
        int old = 0;
        int now = 0;
        while (old < recorded.size() || now < sent.size()) {
            boolean both = old < recorded.size() && now < sent.size();
            if (both && same(recorded.get(old), sent.get(now))) {
                change(text, gone, come);
                text.append("  ").append(recorded.get(old).shown()).append('\n');
                old++;
                now++;
            } else if (now == sent.size() || (both && common[old + 1][now] >= common[old][now + 1])) {
                gone.add(recorded.get(old++));
            } else {
                come.add(sent.get(now++));
            }
        }
        change(text, gone, come);
        return text.toString();
    }

    private static boolean same(Line one, Line other) {
        return one.whole().equals(other.whole());
    }

    /** The number of common lines in the rests of both, for each pair of positions. */
    private static int[][] common(List<Line> recorded, List<Line> sent) {
        int[][] common = new int[recorded.size() + 1][sent.size() + 1];
        for (int old = recorded.size() - 1; old >= 0; old--) {
            for (int now = sent.size() - 1; now >= 0; now--) {
                common[old][now] = same(recorded.get(old), sent.get(now))
                        ? common[old + 1][now + 1] + 1
                        : Math.max(common[old + 1][now], common[old][now + 1]);
            }
        }
        return common;
    }

    private static void change(StringBuilder text, List<Line> gone, List<Line> come) {
        for (int index = 0; index < gone.size(); index++) {
            line(text, "- ", gone.get(index), index < come.size() ? come.get(index) : gone.get(index));
        }
        for (int index = 0; index < come.size(); index++) {
            line(text, "+ ", come.get(index), index < gone.size() ? gone.get(index) : come.get(index));
        }
        gone.clear();
        come.clear();
    }

    /** A line next to its counterpart in the other message. If shortening hides the difference, it is shown. */
    private static void line(StringBuilder text, String mark, Line line, Line other) {
        text.append(mark).append(line.shown());
        if (!same(line, other) && line.shown().equals(other.shown())) {
            String whole = line.whole();
            int at = 0;
            while (at < whole.length() && whole.charAt(at) == other.whole().charAt(at)) {
                at++;
            }
            int start = whole.indexOf(" = ") + " = ".length();
            int digit = start + (at - start) / 2 * 2;
            text.append(", at byte ").append((at - start) / 2).append(": …");
            text.append(whole, digit, Math.min(whole.length(), digit + AROUND)).append('…');
        }
        text.append('\n');
    }
}
