package dev.nfkit.testkit;

import java.util.ArrayList;
import java.util.List;

/** What is wrong with a replay, as one error. */
final class ReplayVerdict {
    private final String name;
    private final List<AssertionError> failures;
    private final Escapes escapes;

    ReplayVerdict(String name, List<AssertionError> failures, Escapes escapes) {
        this.name = name;
        this.failures = failures;
        this.escapes = escapes;
    }

    /** Throws where something is wrong: the first failure is the error's cause, the others are suppressed. */
    void check(List<String> left) {
        List<String> problems = new ArrayList<>();
        failures.forEach(failure -> problems.add(String.valueOf(failure.getMessage())));
        problems.addAll(escapes.told());
        problems.addAll(left);
        if (problems.isEmpty()) {
            return;
        }
        List<Throwable> causes = new ArrayList<>(failures);
        IllegalStateException escape = escapes.first();
        if (escape != null) {
            causes.add(escape);
        }
        // A new one: who has thrown the first may be throwing it still, and can't have it suppressed by itself.
        AssertionError error = new AssertionError(
                "the replay of " + name + " failed:\n- " + String.join("\n- ", problems),
                causes.isEmpty() ? null : causes.get(0));
        causes.stream().skip(1).forEach(error::addSuppressed);
        throw error;
    }
}
