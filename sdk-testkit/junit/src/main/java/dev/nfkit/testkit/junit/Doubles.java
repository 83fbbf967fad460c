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

/** The fake kernel and the replays of one test. One thread's, as a test's methods are. */
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
                    "a test has one kernel, and this one was asked for as " + wanted + " before; now as " + annotation);
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
            // The test wants to leave something over.
        }
    }

    /** Looks whether anything is left over, and gives what is. */
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
