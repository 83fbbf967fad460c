// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
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
 *
 * <p>A call writes errno into native memory of its thread, before the JVM does anything that could change it. The
 * memory is freed some time after the thread has ended. {@linkplain #plain Plain} calls share memory that is there from the
 * beginning, which nothing reads, so that they cannot fail for lack of it.
 */
final class ForeignLinker {
    private static final int SINCE = 22;
    private static final String PACKAGE = "java.lang.foreign.";
    private static final String ERRNO = "errno";
    /** The arguments that are passed in registers, on x86-64 and on aarch64. */
    private static final int ARGUMENTS = 6;

    private final MethodHandles.Lookup lookup = MethodHandles.lookup();
    private final Class<?> segment = type("MemorySegment");
    private final Class<?> layout = type("MemoryLayout");
    private final Class<?> descriptor = type("FunctionDescriptor");
    private final Class<?> option = type("Linker$Option");
    private final Class<?> linkerType = type("Linker");

    private final Object linker;
    private final Object symbols;
    private final Object stateLayout;
    /** The form of all calls, {@code (MemorySegment, MemorySegment, JJJJJJ)J}: the function, memory for errno, arguments. */
    private final MethodHandle form;
    /** Memory for the errno of all calls that do not need it. */
    private final Object ignored;
    /** Returns the calling thread's memory for errno. */
    private final MethodHandle state;

    private ForeignLinker() throws ReflectiveOperationException {
        linker = linkerType.getMethod("nativeLinker").invoke(null);
        symbols = linkerType.getMethod("defaultLookup").invoke(linker);
        Object capturing =
                option.getMethod("captureCallState", String[].class).invoke(null, (Object) new String[] {ERRNO});
        stateLayout = option.getMethod("captureStateLayout").invoke(null);
        Method open = type("Arena").getMethod("ofAuto");
        Method allocate = type("SegmentAllocator").getMethod("allocate", layout);
        form = form(capturing);
        ignored = allocate.invoke(type("Arena").getMethod("global").invoke(null), stateLayout);
        ThreadLocal<Object> states = ThreadLocal.withInitial(() -> {
            try {
                // An arena for each thread: a common one would free nothing before the last of its segments is unused.
                return allocate.invoke(open.invoke(null), stateLayout);
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof Error error) {
                    throw error; // for example a lack of memory
                }
                throw new LinkageError("no memory for errno", e);
            } catch (ReflectiveOperationException e) {
                throw new LinkageError("no memory for errno", e);
            }
        });
        state = lookup.findVirtual(ThreadLocal.class, "get", MethodType.methodType(Object.class))
                .bindTo(states)
                .asType(MethodType.methodType(segment));
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

    private static Class<?> type(String name) {
        try {
            return Class.forName(PACKAGE + name);
        } catch (ClassNotFoundException e) {
            throw new LinkageError("java.lang.foreign is not as expected", e);
        }
    }

    /** A function with at most {@value #ARGUMENTS} arguments, which are ints, longs and addresses: {@code (JJJJJJ)J}. */
    MethodHandle call(String name) {
        return MethodHandles.foldArguments(MethodHandles.insertArguments(form, 0, address(name)), state);
    }

    /** A function whose errno is not needed. */
    MethodHandle plain(String name) {
        return MethodHandles.insertArguments(form, 0, address(name), ignored);
    }

    private Object address(String name) {
        try {
            Optional<?> address = (Optional<?>)
                    type("SymbolLookup").getMethod("find", String.class).invoke(symbols, name);
            return address.orElseThrow();
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new LinkageError("the C library has no " + name, e);
        }
    }

    private MethodHandle form(Object... options) throws ReflectiveOperationException {
        Class<?> values = type("ValueLayout");
        Object wide = values.getField("JAVA_LONG").get(null);
        Object layouts = Array.newInstance(layout, ARGUMENTS);
        for (int i = 0; i < ARGUMENTS; i++) {
            Array.set(layouts, i, wide);
        }
        Object signature =
                descriptor.getMethod("of", layout, layouts.getClass()).invoke(null, wide, layouts);
        Object typedOptions = Array.newInstance(option, options.length);
        System.arraycopy(options, 0, typedOptions, 0, options.length);
        return (MethodHandle) linkerType
                .getMethod("downcallHandle", descriptor, typedOptions.getClass())
                .invoke(linker, signature, typedOptions);
    }

    /** Reads the errno of the thread's last call; {@code ()int}. */
    MethodHandle errno() {
        try {
            Class<?> element = type("MemoryLayout$PathElement");
            Object path = Array.newInstance(element, 1);
            Array.set(path, 0, element.getMethod("groupElement", String.class).invoke(null, ERRNO));
            VarHandle field =
                    (VarHandle) layout.getMethod("varHandle", path.getClass()).invoke(stateLayout, path);
            MethodHandle read = field.toMethodHandle(VarHandle.AccessMode.GET);
            return MethodHandles.foldArguments(MethodHandles.insertArguments(read, 1, 0L), state);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("errno cannot be read", e);
        }
    }

    /** Returns the address of a direct buffer's position; {@code (Buffer)long}. */
    MethodHandle address() {
        try {
            MethodHandle of = lookup.findStatic(segment, "ofBuffer", MethodType.methodType(segment, Buffer.class));
            MethodHandle address = lookup.findVirtual(segment, "address", MethodType.methodType(long.class));
            return MethodHandles.filterReturnValue(of, address);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("addresses of buffers cannot be found", e);
        }
    }
}
