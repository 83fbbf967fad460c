// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import dev.nfkit.Bytes;
import dev.nfkit.MalformedMessageException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Calls every accessor of a view and collects what they return, so that a new accessor is fuzzed without a change here.
 * An accessor may report that a value is absent, not available, or malformed; nothing else may be thrown.
 */
public final class Shown {
    private static final int DEEPEST = 4;
    /** Methods that do not read: they make verdicts, end loans, or return the view itself. */
    private static final Set<String> NO_ACCESSORS = Set.of(
            "accept",
            "close",
            "copy",
            "drop",
            "getClass",
            "hashCode",
            "hold",
            "inverted",
            "next",
            "notify",
            "notifyAll",
            "release",
            "repeat",
            "stop",
            "toByteBuffer",
            "wait");

    private static final Map<Class<?>, List<Method>> ACCESSORS = new ConcurrentHashMap<>();

    private final StringBuilder text = new StringBuilder();

    private Shown() {}

    /** Everything that a view returns. */
    public static String of(Object view) {
        Shown shown = new Shown();
        shown.value(view, 0);
        return shown.text.toString();
    }

    private void value(Object value, int depth) {
        if (value instanceof Bytes bytes) {
            text.append(bytes.length() < 0 ? "released" : bytes.toHex());
        } else if (value instanceof byte[] bytes) {
            text.append(Arrays.toString(bytes));
        } else if (value instanceof Optional<?> optional) {
            optional.ifPresentOrElse(present -> value(present, depth), () -> text.append("none"));
        } else if (value instanceof Collection<?> values) {
            values.forEach(each -> value(each, depth));
        } else if (isPlain(value) || depth >= DEEPEST) {
            text.append(value);
        } else {
            view(value, depth);
        }
    }

    private static boolean isPlain(Object value) {
        return value instanceof CharSequence
                || value instanceof Number
                || value instanceof Boolean
                || value instanceof Enum<?>
                || value instanceof InetAddress
                || value instanceof BitSet
                || value instanceof OptionalInt
                || value instanceof OptionalLong
                || !value.getClass().getName().startsWith("dev.nfkit.");
    }

    private void view(Object view, int depth) {
        text.append('{');
        for (Method accessor : ACCESSORS.computeIfAbsent(view.getClass(), Shown::accessors)) {
            if (accessor.getParameterCount() == 0) {
                call(accessor, view, depth);
            } else {
                for (Object constant : accessor.getParameterTypes()[0].getEnumConstants()) {
                    call(accessor, view, depth, constant);
                }
            }
        }
        text.append('}');
    }

    private void call(Method accessor, Object view, int depth, Object... arguments) {
        text.append(accessor.getName()).append('=');
        try {
            value(accessor.invoke(view, arguments), depth + 1);
        } catch (InvocationTargetException e) {
            Throwable thrown = e.getCause();
            if (thrown instanceof NoSuchElementException || thrown instanceof IllegalStateException) {
                text.append("absent");
            } else if (thrown instanceof MalformedMessageException) {
                text.append("malformed");
            } else {
                throw new AssertionError(accessor + " throws " + thrown, thrown);
            }
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
        text.append(' ');
    }

    private static List<Method> accessors(Class<?> type) {
        return Stream.of(type.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers())
                        && method.getDeclaringClass() != Object.class
                        && !method.isBridge()
                        && !method.isSynthetic()
                        && method.getReturnType() != void.class
                        && method.getReturnType() != type
                        && !NO_ACCESSORS.contains(method.getName())
                        && takesNothingOrConstant(method))
                .sorted(Comparator.comparing(Method::toString))
                .peek(method -> method.setAccessible(true))
                .toList();
    }

    private static boolean takesNothingOrConstant(Method method) {
        Class<?>[] parameters = method.getParameterTypes();
        return parameters.length == 0 || (parameters.length == 1 && parameters[0].isEnum());
    }
}
