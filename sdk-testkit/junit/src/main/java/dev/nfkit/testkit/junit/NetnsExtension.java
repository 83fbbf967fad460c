// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.junit;

import dev.nfkit.NetlinkException;
import dev.nfkit.testkit.live.TestNamespace;
import dev.nfkit.testkit.live.TestNetwork;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Fills parameters that are annotated with {@link Netns}, which registers the extension. JUnit creates one instance for each
 * class and calls it on the threads that run its tests.
 */
public final class NetnsExtension implements ExecutionCondition, ParameterResolver, AfterEachCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(NetnsExtension.class);

    /** Creates an extension; called by JUnit. */
    public NetnsExtension() {}

    /**
     * Skips a test or class if no namespace can be made here, unless live tests are required.
     *
     * @param context the test or class
     * @return whether it is run, with the reason
     */
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return TestNamespace.skipReason()
                .map(ConditionEvaluationResult::disabled)
                .orElseGet(() -> ConditionEvaluationResult.enabled("network namespaces can be made, or are required"));
    }

    /**
     * Returns whether a parameter is annotated with {@link Netns}.
     *
     * @param parameter the parameter
     * @param context the test
     * @return whether this extension fills it
     */
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.isAnnotated(Netns.class);
    }

    /**
     * Returns the namespace or network of the test.
     *
     * @param parameter the parameter
     * @param context the test
     * @return a {@link TestNamespace} or a {@link TestNetwork}
     * @throws ParameterResolutionException if the parameter does not belong to one test or has another type, or if no
     *     namespace can be made
     */
    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        String name = "parameter " + parameter.getParameter().getName() + " of " + parameter.getDeclaringExecutable();
        if (context.getTestMethod().isEmpty()) {
            throw new ParameterResolutionException(
                    name + ": a namespace belongs to one test; request it in a test, @BeforeEach or @AfterEach method");
        }
        Class<?> type = parameter.getParameter().getType();
        ExtensionContext.Store store = context.getStore(NAMESPACE);
        try {
            if (type == TestNamespace.class) {
                return kept(store, TestNamespace.class, TestNamespace::open);
            }
            if (type == TestNetwork.class) {
                return kept(store, TestNetwork.class, TestNetwork::open);
            }
        } catch (NetlinkException e) {
            throw new ParameterResolutionException(name + ": " + e.getMessage(), e);
        }
        throw new ParameterResolutionException(
                name + " is a " + type.getName() + ": @Netns is for TestNamespace and TestNetwork");
    }

    private interface Opening<T> {
        T open() throws NetlinkException;
    }

    private static <T> T kept(ExtensionContext.Store store, Class<T> type, Opening<T> opening) throws NetlinkException {
        T known = store.get(type, type);
        if (known == null) {
            known = opening.open();
            store.put(type, known);
        }
        return known;
    }

    /**
     * Closes the namespaces of a test.
     *
     * @param context the test
     * @throws IllegalStateException if a session of faults failed, and the test did not
     */
    @Override
    public void afterEach(ExtensionContext context) {
        ExtensionContext.Store store = context.getStore(NAMESPACE);
        @Nullable TestNamespace namespace = store.remove(TestNamespace.class, TestNamespace.class);
        @Nullable TestNetwork network = store.remove(TestNetwork.class, TestNetwork.class);
        try {
            if (namespace != null) {
                close(context, namespace::close);
            }
        } finally {
            if (network != null) {
                close(context, network::close);
            }
        }
    }

    private static void close(ExtensionContext context, Runnable close) {
        try {
            close.run();
        } catch (IllegalStateException e) {
            // JUnit would report both as one failure of several; the first failure is the relevant one.
            Throwable failure = context.getExecutionException().orElse(null);
            if (failure == null) {
                throw e;
            }
            failure.addSuppressed(e);
        }
    }
}
