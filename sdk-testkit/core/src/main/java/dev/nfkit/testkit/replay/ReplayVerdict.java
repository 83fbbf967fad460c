// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.testkit.socket.Escapes;
import java.util.ArrayList;
import java.util.List;

/** The problems of a replay, as one error. */
final class ReplayVerdict {
    private final String name;
    private final List<AssertionError> failures;
    private final Escapes escapes;

    ReplayVerdict(String name, List<AssertionError> failures, Escapes escapes) {
        this.name = name;
        this.failures = failures;
        this.escapes = escapes;
    }

    /** Throws if there are problems. The first failure is the error's cause, the others are suppressed. */
    void check(List<String> left) {
        List<String> problems = new ArrayList<>();
        failures.forEach(failure -> problems.add(String.valueOf(failure.getMessage())));
        problems.addAll(escapes.texts());
        problems.addAll(left);
        if (problems.isEmpty()) {
            return;
        }
        List<Throwable> causes = new ArrayList<>(failures);
        IllegalStateException escape = escapes.first();
        if (escape != null) {
            causes.add(escape);
        }
        // A new error: the first failure may still be propagating, and an exception cannot suppress itself.
        AssertionError error = new AssertionError(
                "the replay of " + name + " failed:\n- " + String.join("\n- ", problems),
                causes.isEmpty() ? null : causes.get(0));
        causes.stream().skip(1).forEach(error::addSuppressed);
        throw error;
    }
}
