// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import java.lang.invoke.MethodHandle;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * The C library's calls, by the foreign function interface of {@code java.lang.foreign}: apart from the kernel's part,
 * a call takes 15 to 40 ns, and by JNA 100 to 200. Initializing this class links all of them, or fails.
 */
final class ForeignCalls {
    private static final ForeignLinker LINKER = ForeignLinker.make();
    private static final MethodHandle FORM = LINKER.form();
    private static final MethodHandle SEGMENT = LINKER.segmentOfBuffer();
    private static final MethodHandle ADDRESS = LINKER.addressOfSegment();
    private static final ErrnoMemory ERRNO = LINKER.errno();
    private static final Object SOCKET = LINKER.function("socket");
    private static final Object BIND = LINKER.function("bind");
    private static final Object CONNECT = LINKER.function("connect");
    private static final Object GETSOCKNAME = LINKER.function("getsockname");
    private static final Object SETSOCKOPT = LINKER.function("setsockopt");
    private static final Object GETSOCKOPT = LINKER.function("getsockopt");
    private static final Object PPOLL = LINKER.function("ppoll");
    private static final Object RECVMMSG = LINKER.function("recvmmsg");
    private static final Object RECV = LINKER.function("recv");
    private static final Object SEND = LINKER.function("send");
    private static final Object EVENTFD = LINKER.function("eventfd");
    private static final Object READ = LINKER.function("read");
    private static final Object WRITE = LINKER.function("write");
    private static final Object CLOSE = LINKER.function("close");
    private static final Object OPEN = LINKER.function("open");
    private static final Object IOCTL = LINKER.function("ioctl");
    private static final Object SETNS = LINKER.function("setns");
    private static final Object UNSHARE = LINKER.function("unshare");
    private static final Object CLOCK_GETTIME = LINKER.function("clock_gettime");

    private ForeignCalls() {}

    /** Whether all calls could be linked. */
    static boolean linked() {
        return true;
    }

    /** Calls a function, which keeps errno in memory of the thread. */
    private static long call(Object function, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) FORM.invokeExact(function, ERRNO.ofThread(), a, b, c, d, e, f);
        } catch (Throwable problem) {
            throw unexpected(problem);
        }
    }

    /** Calls a function whose errno is not needed. */
    private static long plain(Object function, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) FORM.invokeExact(function, ERRNO.ignored(), a, b, c, d, e, f);
        } catch (Throwable problem) {
            throw unexpected(problem);
        }
    }

    private static IllegalStateException unexpected(Throwable problem) {
        if (problem instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("a call of the C library failed in Java", problem);
    }

    static int errno() {
        return ERRNO.read();
    }

    static long address(ByteBuffer direct) {
        try {
            return (long) ADDRESS.invokeExact(
                    (Object) SEGMENT.invokeExact((Buffer) direct.duplicate().clear()));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int socket(int domain, int type, int protocol) {
        return (int) call(SOCKET, domain, type, protocol, 0, 0, 0);
    }

    static int bind(int fd, long address, int length) {
        return (int) call(BIND, fd, address, length, 0, 0, 0);
    }

    static int connect(int fd, long address, int length) {
        return (int) call(CONNECT, fd, address, length, 0, 0, 0);
    }

    static int getsockname(int fd, long address, long lengthAddress) {
        return (int) call(GETSOCKNAME, fd, address, lengthAddress, 0, 0, 0);
    }

    static int setsockopt(int fd, int level, int name, long value, int length) {
        return (int) call(SETSOCKOPT, fd, level, name, value, length, 0);
    }

    static int getsockopt(int fd, int level, int name, long value, long lengthAddress) {
        return (int) call(GETSOCKOPT, fd, level, name, value, lengthAddress, 0);
    }

    static int ppoll(long fds, long count, long timeout, long mask) {
        return (int) call(PPOLL, fds, count, timeout, mask, 0, 0);
    }

    static int recvmmsg(int fd, long messages, int count, int flags, long timeout) {
        return (int) call(RECVMMSG, fd, messages, count, flags, timeout, 0);
    }

    static long recv(int fd, long buffer, long length, int flags) {
        return call(RECV, fd, buffer, length, flags, 0, 0);
    }

    static long send(int fd, long buffer, long length, int flags) {
        return call(SEND, fd, buffer, length, flags, 0, 0);
    }

    static int eventfd(int initial, int flags) {
        return (int) call(EVENTFD, initial, flags, 0, 0, 0, 0);
    }

    static long read(int fd, long buffer, long length) {
        return call(READ, fd, buffer, length, 0, 0, 0);
    }

    static long write(int fd, long buffer, long length) {
        return call(WRITE, fd, buffer, length, 0, 0, 0);
    }

    static long signal(int fd, long buffer, long length) {
        return plain(WRITE, fd, buffer, length, 0, 0, 0);
    }

    static long post(int fd, long buffer, long length, int flags) {
        return plain(SEND, fd, buffer, length, flags, 0, 0);
    }

    static int close(int fd) {
        return (int) plain(CLOSE, fd, 0, 0, 0, 0, 0);
    }

    static int open(long path, int flags) {
        return (int) call(OPEN, path, flags, 0, 0, 0, 0);
    }

    static int ioctl(int fd, long request, long argument) {
        return (int) call(IOCTL, fd, request, argument, 0, 0, 0);
    }

    static int setns(int fd, int type) {
        return (int) call(SETNS, fd, type, 0, 0, 0, 0);
    }

    static int unshare(int flags) {
        return (int) call(UNSHARE, flags, 0, 0, 0, 0, 0);
    }

    static int clock_gettime(int clock, long timespec) {
        return (int) call(CLOCK_GETTIME, clock, timespec, 0, 0, 0, 0);
    }
}
