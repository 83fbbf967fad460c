// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.nio.Buffer;
import java.util.Optional;

/**
 * Makes method handles of the C library's functions with {@code java.lang.foreign}, which Java has since 22. It uses
 * reflection, because this bytecode also runs on 17. A constant handle costs no more than a direct use of the API.
 *
 * <p>All functions are called in one form, with six arguments and a result of 64 bits, so that the JVM makes code for one
 * form and not for each function: that took a tenth of a second. The convention of calls permits it: arguments of any integer
 * type are passed in registers, of which a function reads those that it declares, and of an int the lower half; of an int
 * result the upper half is undefined. The arguments of a variadic function are passed in the same way.
 */
final class ForeignLinker {
    private static final int SINCE = 22;
    private static final String PACKAGE = "java.lang.foreign.";
    /** The arguments that are passed in registers, on x86-64 and on aarch64. */
    private static final int ARGUMENTS = 6;

    private final MethodHandles.Lookup lookup = MethodHandles.lookup();
    private final Class<?> segment = type("MemorySegment");
    private final Object linker;
    private final Object symbols;
    private final Method find = type("SymbolLookup").getMethod("find", String.class);

    private ForeignLinker() throws ReflectiveOperationException {
        linker = type("Linker").getMethod("nativeLinker").invoke(null);
        symbols = type("Linker").getMethod("defaultLookup").invoke(linker);
    }

    /** Whether this JVM has {@code java.lang.foreign}. */
    static boolean supported() {
        return Runtime.version().feature() >= SINCE;
    }

    /**
     * Whether this JVM has it and permits native access to this module; otherwise the first use would make the JVM
     * print a warning, or fail.
     */
    static boolean permitted() {
        if (!supported()) {
            return false;
        }
        try {
            Object enabled = Module.class.getMethod("isNativeAccessEnabled").invoke(ForeignLinker.class.getModule());
            return Boolean.TRUE.equals(enabled);
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    static ForeignLinker make() {
        try {
            return new ForeignLinker();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("java.lang.foreign is not as expected", e);
        }
    }

    static Class<?> type(String name) {
        try {
            return Class.forName(PACKAGE + name);
        } catch (ClassNotFoundException e) {
            throw new LinkageError("java.lang.foreign is not as expected", e);
        }
    }

    /**
     * The form of all calls, {@code (Object, Object, JJJJJJ)J}: a function with at most {@value #ARGUMENTS} arguments, which
     * are ints, longs and addresses; memory for errno; the arguments.
     */
    MethodHandle form() {
        try {
            Class<?> layout = type("MemoryLayout");
            Class<?> option = type("Linker$Option");
            Object wide = type("ValueLayout").getField("JAVA_LONG").get(null);
            Object layouts = Array.newInstance(layout, ARGUMENTS);
            for (int i = 0; i < ARGUMENTS; i++) {
                Array.set(layouts, i, wide);
            }
            Class<?> descriptor = type("FunctionDescriptor");
            Object signature =
                    descriptor.getMethod("of", layout, layouts.getClass()).invoke(null, wide, layouts);
            Object options = Array.newInstance(option, 1);
            Array.set(
                    options,
                    0,
                    option.getMethod("captureCallState", String[].class).invoke(null, (Object) new String[] {"errno"}));
            MethodHandle form = (MethodHandle) type("Linker")
                    .getMethod("downcallHandle", descriptor, options.getClass())
                    .invoke(linker, signature, options);
            MethodType type = form.type();
            return form.asType(type.changeParameterType(0, Object.class).changeParameterType(1, Object.class));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("java.lang.foreign is not as expected", e);
        }
    }

    /** The address of a function, for {@link #form}. */
    Object function(String name) {
        try {
            return ((Optional<?>) find.invoke(symbols, name)).orElseThrow();
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new LinkageError("the C library has no " + name, e);
        }
    }

    /** The memory for errno. */
    ErrnoMemory errno() {
        try {
            return new ErrnoMemory(
                    type("Linker$Option").getMethod("captureStateLayout").invoke(null));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("errno cannot be read", e);
        }
    }

    /** Makes a segment of a direct buffer; {@code (Buffer)Object}. */
    MethodHandle segmentOfBuffer() {
        try {
            return lookup.findStatic(segment, "ofBuffer", MethodType.methodType(segment, Buffer.class))
                    .asType(MethodType.methodType(Object.class, Buffer.class));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("addresses of buffers cannot be found", e);
        }
    }

    /** Returns the address of a segment; {@code (Object)long}. */
    MethodHandle addressOfSegment() {
        try {
            return lookup.findVirtual(segment, "address", MethodType.methodType(long.class))
                    .asType(MethodType.methodType(long.class, Object.class));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("addresses of segments cannot be found", e);
        }
    }
}
