package dev.nfkit.testkit.junit;

import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.ReplayTransport;
import dev.nfkit.trace.Trace;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
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
        Trace trace;
        try (InputStream recording = open(annotation.value(), test)) {
            trace = Trace.read(recording, annotation.value());
        } catch (IOException e) {
            throw new ParameterResolutionException("@Replay(\"" + annotation.value() + "\"): " + e.getMessage(), e);
        }
        ReplayTransport replay = annotation.lenient() ? ReplayTransport.lenient(trace) : ReplayTransport.strict(trace);
        if (annotation.verify()) {
            checks.add(replay::verify);
        }
        return replay;
    }

    private static InputStream open(String name, Class<?> test) throws IOException {
        @Nullable InputStream resource = test.getResourceAsStream(name);
        if (resource == null) {
            resource = test.getResourceAsStream("/" + name);
        }
        if (resource != null) {
            return resource;
        }
        Path file = Path.of(name);
        if (Files.isRegularFile(file)) {
            return Files.newInputStream(file);
        }
        throw new FileNotFoundException("there is no resource beside " + test.getName()
                + ", none at the class path's root" + " and no file " + file.toAbsolutePath());
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
