// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The native memory to which calls by {@code java.lang.foreign} write errno, before the JVM does anything that could change
 * it. Each thread has its own, which is freed some time after the thread has ended.
 */
final class ErrnoMemory {
    private final Object layout;
    private final Method allocate;
    private final Method open;
    private final Method view;
    private final Object ignored;
    private final ThreadLocal<Slot> slots = ThreadLocal.withInitial(this::slot);

    private record Slot(Object segment, ByteBuffer view) {}

    /**
     * Makes that of a linker.
     *
     * @param layout what a call keeps, which is only errno
     */
    ErrnoMemory(Object layout) throws ReflectiveOperationException {
        Class<?> layoutType = ForeignLinker.type("MemoryLayout");
        long size = (long) layoutType.getMethod("byteSize").invoke(layout);
        if (size != Integer.BYTES) {
            throw new LinkageError("errno has " + size + " bytes");
        }
        this.layout = layout;
        allocate = ForeignLinker.type("SegmentAllocator").getMethod("allocate", layoutType);
        open = ForeignLinker.type("Arena").getMethod("ofAuto");
        view = ForeignLinker.type("MemorySegment").getMethod("asByteBuffer");
        ignored =
                allocate.invoke(ForeignLinker.type("Arena").getMethod("global").invoke(null), layout);
    }

    private Slot slot() {
        try {
            // An arena for each thread: a common one would free nothing before the last of its segments is unused.
            Object segment = allocate.invoke(open.invoke(null), layout);
            return new Slot(segment, ((ByteBuffer) view.invoke(segment)).order(ByteOrder.nativeOrder()));
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Error error) {
                throw error; // for example a lack of memory
            }
            throw new LinkageError("no memory for errno", e);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("no memory for errno", e);
        }
    }

    /** The calling thread's memory. */
    Object ofThread() {
        return slots.get().segment;
    }

    /** Memory that is there from the beginning and that nothing reads, so that a call with it cannot fail for lack of it. */
    Object ignored() {
        return ignored;
    }

    /** The errno of the calling thread's last call. */
    int read() {
        return slots.get().view.getInt(0);
    }
}
