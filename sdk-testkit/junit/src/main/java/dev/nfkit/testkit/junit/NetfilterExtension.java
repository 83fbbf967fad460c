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
 * Fills parameters that are annotated with {@link FakeKernel} or {@link Replay}, and looks behind each test whether
 * anything is left over. The annotations bring it; nobody needs to register it. As JUnit's extensions are, it is made
 * once a class and called by the threads that run its tests.
 */
public final class NetfilterExtension implements ParameterResolver, AfterEachCallback {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(NetfilterExtension.class);

    /** An extension; JUnit makes it. */
    public NetfilterExtension() {}

    /**
     * Whether a parameter is annotated with {@link FakeKernel} or {@link Replay}.
     *
     * @param parameter the parameter
     * @param context the test
     * @return whether it is filled here
     */
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.isAnnotated(FakeKernel.class) || parameter.isAnnotated(Replay.class);
    }

    /**
     * The double for a parameter.
     *
     * @param parameter the parameter
     * @param context the test
     * @return a fake kernel or a replay
     * @throws ParameterResolutionException if the parameter is not one test's, has a type that no double is, asks for
     *     another kernel than the test has, or for a recording that is not there
     */
    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Method test = context.getTestMethod()
                .orElseThrow(() -> new ParameterResolutionException("parameter "
                        + parameter.getParameter().getName() + " of " + parameter.getDeclaringExecutable()
                        + ": a kernel is one test's; ask for it in a test, @BeforeEach or @AfterEach method"));
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
     * Looks whether anything is left over.
     *
     * @param context the test
     * @throws AssertionError if something is and the test has not failed already
     */
    @Override
    public void afterEach(ExtensionContext context) {
        @Nullable Doubles doubles = context.getStore(NAMESPACE).get(Doubles.class, Doubles.class);
        if (doubles == null) {
            return;
        }
        Optional<Throwable> failure = context.getExecutionException();
        doubles.verify(left -> {
            // JUnit would report both as one failure of several; what failed first is what is read.
            failure.ifPresentOrElse(first -> first.addSuppressed(left), () -> {
                throw left;
            });
        });
    }
}
