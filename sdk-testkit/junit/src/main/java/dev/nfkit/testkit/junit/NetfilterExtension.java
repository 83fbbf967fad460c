// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import dev.nfkit.testkit.FakeNetfilter;
import java.lang.reflect.Method;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Fills parameters that are annotated with {@link FakeKernel} or {@link Replay}, and checks after each test whether it
 * left something. The annotations register the extension. JUnit creates one instance for each class and calls it on the
 * threads that run its tests.
 */
public final class NetfilterExtension implements ParameterResolver, AfterEachCallback {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(NetfilterExtension.class);

    /** Creates an extension; called by JUnit. */
    public NetfilterExtension() {}

    /**
     * Returns whether a parameter is annotated with {@link FakeKernel} or {@link Replay}.
     *
     * @param parameter the parameter
     * @param context the test
     * @return whether this extension fills it
     */
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.isAnnotated(FakeKernel.class) || parameter.isAnnotated(Replay.class);
    }

    /**
     * Returns the double for a parameter.
     *
     * @param parameter the parameter
     * @param context the test
     * @return a fake kernel or a replay
     * @throws ParameterResolutionException if the parameter does not belong to one test, has a type that no double has,
     *     requests another kernel than the test has, or a recording that does not exist
     */
    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Method test = context.getTestMethod()
                .orElseThrow(() -> new ParameterResolutionException("parameter "
                        + parameter.getParameter().getName() + " of " + parameter.getDeclaringExecutable()
                        + ": a kernel belongs to one test; request it in a test, @BeforeEach or @AfterEach method"));
        Optional<Replay> replay = parameter.findAnnotation(Replay.class);
        Object value = replay.isPresent()
                ? used(context).replay(replay.get(), context.getRequiredTestClass())
                : used(context)
                        .kernel(parameter.findAnnotation(FakeKernel.class).orElseThrow());
        Class<?> type = parameter.getParameter().getType();
        if (!type.isInstance(value)) {
            throw new ParameterResolutionException(
                    "parameter " + parameter.getParameter().getName() + " of " + test
                            + " is a " + type.getName() + ", which no "
                            + (replay.isPresent() ? "replay" : FakeNetfilter.class.getSimpleName()) + " is");
        }
        return value;
    }

    private static Doubles used(ExtensionContext context) {
        ExtensionContext.Store store = context.getStore(NAMESPACE);
        Doubles doubles = store.get(Doubles.class, Doubles.class);
        if (doubles == null) {
            doubles = new Doubles();
            store.put(Doubles.class, doubles);
        }
        return doubles;
    }

    /**
     * Verifies the doubles of a test.
     *
     * @param context the test
     * @throws AssertionError if the test left something and has not failed already
     */
    @Override
    public void afterEach(ExtensionContext context) {
        @Nullable Doubles doubles = context.getStore(NAMESPACE).get(Doubles.class, Doubles.class);
        if (doubles == null) {
            return;
        }
        Optional<Throwable> failure = context.getExecutionException();
        doubles.verify(left -> {
            // JUnit would report both as one failure of several; the first failure is the relevant one.
            failure.ifPresentOrElse(first -> first.addSuppressed(left), () -> {
                throw left;
            });
        });
    }
}
