// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import java.util.ArrayDeque;
import java.util.Deque;

/** Takes back the changes of a batch that is refused. Requires the clock's lock. */
public final class Undo {
    private final Deque<Runnable> steps = new ArrayDeque<>();

    Undo() {}

    /** Makes a change, and remembers how it is taken back. */
    public void change(Runnable change, Runnable back) {
        change.run();
        steps.push(back);
    }

    void forget() {
        steps.clear();
    }

    void back() {
        while (!steps.isEmpty()) {
            steps.pop().run();
        }
    }
}
