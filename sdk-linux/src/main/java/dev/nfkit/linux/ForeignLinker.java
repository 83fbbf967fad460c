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
 * <p>A call writes errno into native memory of its thread, before the JVM does anything that could change it. The
 * memory is freed some time after the thread has ended. A {@linkplain #plain plain} call has no errno and needs no
 * memory, so it cannot fail for lack of it.
 */
final class ForeignLinker {
    private static final int SINCE = 22;
    private static final String PACKAGE = "java.lang.foreign.";
    private static final String ERRNO = "errno";

    private final MethodHandles.Lookup lookup = MethodHandles.lookup();
    private final Class<?> segment = type("MemorySegment");
    private final Class<?> layout = type("MemoryLayout");
    private final Class<?> descriptor = type("FunctionDescriptor");
    private final Class<?> option = type("Linker$Option");
    private final Class<?> linkerType = type("Linker");

    private final Object linker;
    private final Object symbols;
    private final Object capturing;
    private final Object stateLayout;
    /** Returns the calling thread's memory for errno. */
    private final MethodHandle state;

    private ForeignLinker() throws ReflectiveOperationException {
        linker = linkerType.getMethod("nativeLinker").invoke(null);
        symbols = linkerType.getMethod("defaultLookup").invoke(linker);
        capturing = option.getMethod("captureCallState", String[].class).invoke(null, (Object) new String[] {ERRNO});
        stateLayout = option.getMethod("captureStateLayout").invoke(null);
        Method open = type("Arena").getMethod("ofAuto");
        Method allocate = type("SegmentAllocator").getMethod("allocate", layout);
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

    /** A function whose arguments and result are ints and longs. */
    MethodHandle call(String name, Class<?> result, Class<?>... arguments) {
        return withState(link(name, new Object[] {capturing}, result, arguments));
    }

    /** A function whose errno is not needed. */
    MethodHandle plain(String name, Class<?> result, Class<?>... arguments) {
        return link(name, new Object[0], result, arguments);
    }

    private MethodHandle withState(MethodHandle handle) {
        return MethodHandles.foldArguments(handle, state);
    }

    /** A variadic function with a number of declared arguments. */
    MethodHandle variadic(String name, int declared, Class<?> result, Class<?>... arguments) {
        try {
            Object rest = option.getMethod("firstVariadicArg", int.class).invoke(null, declared);
            return withState(link(name, new Object[] {capturing, rest}, result, arguments));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(name, e);
        }
    }

    private MethodHandle link(String name, Object[] options, Class<?> result, Class<?>... arguments) {
        try {
            Optional<?> address = (Optional<?>)
                    type("SymbolLookup").getMethod("find", String.class).invoke(symbols, name);
            Object layouts = Array.newInstance(layout, arguments.length);
            for (int i = 0; i < arguments.length; i++) {
                Array.set(layouts, i, layoutOf(arguments[i]));
            }
            Object signature =
                    descriptor.getMethod("of", layout, layouts.getClass()).invoke(null, layoutOf(result), layouts);
            Object typedOptions = Array.newInstance(option, options.length);
            System.arraycopy(options, 0, typedOptions, 0, options.length);
            return (MethodHandle) linkerType
                    .getMethod("downcallHandle", segment, descriptor, typedOptions.getClass())
                    .invoke(linker, address.orElseThrow(), signature, typedOptions);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new LinkageError("the C library's " + name + " cannot be linked", e);
        }
    }

    private static Object layoutOf(Class<?> type) throws ReflectiveOperationException {
        return type("ValueLayout")
                .getField(type == int.class ? "JAVA_INT" : "JAVA_LONG")
                .get(null);
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
