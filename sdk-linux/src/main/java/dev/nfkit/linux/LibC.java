// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;

/**
 * The C library's calls. Arguments are only ints and raw addresses. The return value indicates a failure; {@link
 * #errno} must then be read at once, on the same thread.
 *
 * <p>They use {@link ForeignCalls} if this JVM permits it, and otherwise {@link JnaCalls}. The choice is a constant, so
 * it costs nothing. Not to be used before {@link Machine#require()}.
 */
final class LibC {
    private static final boolean FOREIGN = foreign();

    static {
        if (!FOREIGN) {
            if (ForeignLinker.supported() && !ForeignLinker.permitted()) {
                System.getLogger(LibC.class.getName()).log(System.Logger.Level.INFO, LoadFailure.hint());
            }
            // The C library is already in the process; a search for a file could find a linker script.
            Native.register(JnaCalls.class, NativeLibrary.getProcess());
        }
    }

    private LibC() {}

    private static boolean foreign() {
        try {
            return ForeignLinker.permitted() && ForeignCalls.linked();
        } catch (LinkageError e) {
            System.getLogger(LibC.class.getName())
                    .log(System.Logger.Level.WARNING, "java.lang.foreign cannot be used; calls use JNA", e);
            return false;
        }
    }

    /** The kind of calls, for logs and tests. */
    static String way() {
        return FOREIGN ? "FFM" : "JNA";
    }

    /** The error number of the call that just failed on this thread. */
    static int errno() {
        return FOREIGN ? ForeignCalls.errno() : Native.getLastError();
    }

    /** The address of a direct buffer, ignoring its position. It allocates: not for hot paths. */
    static long address(ByteBuffer direct) {
        return FOREIGN ? ForeignCalls.address(direct) : Pointer.nativeValue(Native.getDirectBufferPointer(direct));
    }

    static int socket(int domain, int type, int protocol) {
        return FOREIGN ? ForeignCalls.socket(domain, type, protocol) : JnaCalls.socket(domain, type, protocol);
    }

    static int bind(int fd, long address, int length) {
        return FOREIGN ? ForeignCalls.bind(fd, address, length) : JnaCalls.bind(fd, address, length);
    }

    static int connect(int fd, long address, int length) {
        return FOREIGN ? ForeignCalls.connect(fd, address, length) : JnaCalls.connect(fd, address, length);
    }

    static int getsockname(int fd, long address, long lengthAddress) {
        return FOREIGN
                ? ForeignCalls.getsockname(fd, address, lengthAddress)
                : JnaCalls.getsockname(fd, address, lengthAddress);
    }

    static int setsockopt(int fd, int level, int name, long value, int length) {
        return FOREIGN
                ? ForeignCalls.setsockopt(fd, level, name, value, length)
                : JnaCalls.setsockopt(fd, level, name, value, length);
    }

    static int getsockopt(int fd, int level, int name, long value, long lengthAddress) {
        return FOREIGN
                ? ForeignCalls.getsockopt(fd, level, name, value, lengthAddress)
                : JnaCalls.getsockopt(fd, level, name, value, lengthAddress);
    }

    static int ppoll(long fds, long count, long timeout, long mask) {
        return FOREIGN ? ForeignCalls.ppoll(fds, count, timeout, mask) : JnaCalls.ppoll(fds, count, timeout, mask);
    }

    static int recvmmsg(int fd, long messages, int count, int flags, long timeout) {
        return FOREIGN
                ? ForeignCalls.recvmmsg(fd, messages, count, flags, timeout)
                : JnaCalls.recvmmsg(fd, messages, count, flags, timeout);
    }

    static long recv(int fd, long buffer, long length, int flags) {
        return FOREIGN ? ForeignCalls.recv(fd, buffer, length, flags) : JnaCalls.recv(fd, buffer, length, flags);
    }

    static long send(int fd, long buffer, long length, int flags) {
        return FOREIGN ? ForeignCalls.send(fd, buffer, length, flags) : JnaCalls.send(fd, buffer, length, flags);
    }

    static int eventfd(int initial, int flags) {
        return FOREIGN ? ForeignCalls.eventfd(initial, flags) : JnaCalls.eventfd(initial, flags);
    }

    static long read(int fd, long buffer, long length) {
        return FOREIGN ? ForeignCalls.read(fd, buffer, length) : JnaCalls.read(fd, buffer, length);
    }

    static long write(int fd, long buffer, long length) {
        return FOREIGN ? ForeignCalls.write(fd, buffer, length) : JnaCalls.write(fd, buffer, length);
    }

    /** {@code write} without errno: it needs no memory of the calling thread. */
    static long signal(int fd, long buffer, long length) {
        return FOREIGN ? ForeignCalls.signal(fd, buffer, length) : JnaCalls.write(fd, buffer, length);
    }

    /** {@code send} without errno: it needs no memory of the calling thread. */
    static long post(int fd, long buffer, long length, int flags) {
        return FOREIGN ? ForeignCalls.post(fd, buffer, length, flags) : JnaCalls.send(fd, buffer, length, flags);
    }

    /** Without errno: it needs no memory of the calling thread, so that closing always succeeds. */
    static int close(int fd) {
        return FOREIGN ? ForeignCalls.close(fd) : JnaCalls.close(fd);
    }

    static int open(long path, int flags) {
        return FOREIGN ? ForeignCalls.open(path, flags) : JnaCalls.open(path, flags);
    }

    static int ioctl(int fd, long request, long argument) {
        return FOREIGN ? ForeignCalls.ioctl(fd, request, argument) : JnaCalls.ioctl(fd, request, argument);
    }

    static int setns(int fd, int type) {
        return FOREIGN ? ForeignCalls.setns(fd, type) : JnaCalls.setns(fd, type);
    }

    static int unshare(int flags) {
        return FOREIGN ? ForeignCalls.unshare(flags) : JnaCalls.unshare(flags);
    }

    static int clock_gettime(int clock, long timespec) {
        return FOREIGN ? ForeignCalls.clock_gettime(clock, timespec) : JnaCalls.clock_gettime(clock, timespec);
    }
}
