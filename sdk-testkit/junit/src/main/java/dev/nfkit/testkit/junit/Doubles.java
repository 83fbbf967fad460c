// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.ReplayTransport;
import dev.nfkit.testkit.Traces;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ParameterResolutionException;

/** The fake kernel and the replays of one test. Used by one thread, as a test's methods are. */
final class Doubles {
    private final List<Runnable> checks = new ArrayList<>();
    private @Nullable FakeNetfilter kernel;
    private @Nullable FakeKernel wanted;

    FakeNetfilter kernel(FakeKernel annotation) {
        FakeNetfilter made = kernel;
        if (made == null || wanted == null) {
            made = new FakeNetfilter(annotation.time().clock());
            kernel = made;
            wanted = annotation;
            if (annotation.verify()) {
                checks.add(made::verify);
            }
        } else if (!wanted.equals(annotation)) {
            throw new ParameterResolutionException(
                    "a test has one kernel, which was requested as " + wanted + " before, and now as " + annotation);
        }
        return made;
    }

    ReplayTransport replay(Replay annotation, Class<?> test) {
        ReplayTransport replay;
        try {
            replay = annotation.lenient()
                    ? Traces.lenient(test, annotation.value())
                    : Traces.replay(test, annotation.value());
        } catch (IllegalArgumentException | UncheckedIOException e) {
            throw new ParameterResolutionException("@Replay(\"" + annotation.value() + "\"): " + e.getMessage(), e);
        }
        checks.add(annotation.verify() ? replay::close : () -> closeWhatever(replay));
        return replay;
    }

    private static void closeWhatever(ReplayTransport replay) {
        try {
            replay.close();
        } catch (AssertionError e) {
            // The test leaves something on purpose.
        }
    }

    /** Verifies the doubles, and returns the error if something is left. */
    void verify(Consumer<AssertionError> left) {
        @Nullable AssertionError first = null;
        for (Runnable check : checks) {
            try {
                check.run();
            } catch (AssertionError e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            left.accept(first);
        }
    }
}
