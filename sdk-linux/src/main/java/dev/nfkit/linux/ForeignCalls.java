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
    private static final MethodHandle ERRNO = LINKER.errno();
    private static final MethodHandle ADDRESS = LINKER.address();
    private static final MethodHandle SOCKET = LINKER.call("socket", int.class, int.class, int.class, int.class);
    private static final MethodHandle BIND = LINKER.call("bind", int.class, int.class, long.class, int.class);
    private static final MethodHandle CONNECT = LINKER.call("connect", int.class, int.class, long.class, int.class);
    private static final MethodHandle GETSOCKNAME =
            LINKER.call("getsockname", int.class, int.class, long.class, long.class);
    private static final MethodHandle SETSOCKOPT =
            LINKER.call("setsockopt", int.class, int.class, int.class, int.class, long.class, int.class);
    private static final MethodHandle GETSOCKOPT =
            LINKER.call("getsockopt", int.class, int.class, int.class, int.class, long.class, long.class);
    private static final MethodHandle PPOLL =
            LINKER.call("ppoll", int.class, long.class, long.class, long.class, long.class);
    private static final MethodHandle RECVMMSG =
            LINKER.call("recvmmsg", int.class, int.class, long.class, int.class, int.class, long.class);
    private static final MethodHandle RECV =
            LINKER.call("recv", long.class, int.class, long.class, long.class, int.class);
    private static final MethodHandle SEND =
            LINKER.call("send", long.class, int.class, long.class, long.class, int.class);
    private static final MethodHandle EVENTFD = LINKER.call("eventfd", int.class, int.class, int.class);
    private static final MethodHandle READ = LINKER.call("read", long.class, int.class, long.class, long.class);
    private static final MethodHandle WRITE = LINKER.call("write", long.class, int.class, long.class, long.class);
    private static final MethodHandle CLOSE = LINKER.plain("close", int.class, int.class);
    private static final MethodHandle SIGNAL = LINKER.plain("write", long.class, int.class, long.class, long.class);
    private static final MethodHandle POST =
            LINKER.plain("send", long.class, int.class, long.class, long.class, int.class);
    private static final MethodHandle OPEN = LINKER.variadic("open", 2, int.class, long.class, int.class);
    private static final MethodHandle IOCTL = LINKER.variadic("ioctl", 2, int.class, int.class, long.class, long.class);
    private static final MethodHandle SETNS = LINKER.call("setns", int.class, int.class, int.class);
    private static final MethodHandle UNSHARE = LINKER.call("unshare", int.class, int.class);
    private static final MethodHandle CLOCK_GETTIME = LINKER.call("clock_gettime", int.class, int.class, long.class);

    private ForeignCalls() {}

    /** Whether all calls could be linked. */
    static boolean linked() {
        return true;
    }

    private static IllegalStateException unexpected(Throwable problem) {
        if (problem instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("a call of the C library failed in Java", problem);
    }

    static int errno() {
        try {
            return (int) ERRNO.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long address(ByteBuffer direct) {
        try {
            return (long) ADDRESS.invokeExact((Buffer) direct.duplicate().clear());
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int socket(int domain, int type, int protocol) {
        try {
            return (int) SOCKET.invokeExact(domain, type, protocol);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int bind(int fd, long address, int length) {
        try {
            return (int) BIND.invokeExact(fd, address, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int connect(int fd, long address, int length) {
        try {
            return (int) CONNECT.invokeExact(fd, address, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int getsockname(int fd, long address, long lengthAddress) {
        try {
            return (int) GETSOCKNAME.invokeExact(fd, address, lengthAddress);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int setsockopt(int fd, int level, int name, long value, int length) {
        try {
            return (int) SETSOCKOPT.invokeExact(fd, level, name, value, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int getsockopt(int fd, int level, int name, long value, long lengthAddress) {
        try {
            return (int) GETSOCKOPT.invokeExact(fd, level, name, value, lengthAddress);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int ppoll(long fds, long count, long timeout, long mask) {
        try {
            return (int) PPOLL.invokeExact(fds, count, timeout, mask);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int recvmmsg(int fd, long messages, int count, int flags, long timeout) {
        try {
            return (int) RECVMMSG.invokeExact(fd, messages, count, flags, timeout);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long recv(int fd, long buffer, long length, int flags) {
        try {
            return (long) RECV.invokeExact(fd, buffer, length, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long send(int fd, long buffer, long length, int flags) {
        try {
            return (long) SEND.invokeExact(fd, buffer, length, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int eventfd(int initial, int flags) {
        try {
            return (int) EVENTFD.invokeExact(initial, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long read(int fd, long buffer, long length) {
        try {
            return (long) READ.invokeExact(fd, buffer, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long write(int fd, long buffer, long length) {
        try {
            return (long) WRITE.invokeExact(fd, buffer, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long signal(int fd, long buffer, long length) {
        try {
            return (long) SIGNAL.invokeExact(fd, buffer, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long post(int fd, long buffer, long length, int flags) {
        try {
            return (long) POST.invokeExact(fd, buffer, length, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int close(int fd) {
        try {
            return (int) CLOSE.invokeExact(fd);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int open(long path, int flags) {
        try {
            return (int) OPEN.invokeExact(path, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int ioctl(int fd, long request, long argument) {
        try {
            return (int) IOCTL.invokeExact(fd, request, argument);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int setns(int fd, int type) {
        try {
            return (int) SETNS.invokeExact(fd, type);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int unshare(int flags) {
        try {
            return (int) UNSHARE.invokeExact(flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int clock_gettime(int clock, long timespec) {
        try {
            return (int) CLOCK_GETTIME.invokeExact(clock, timespec);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }
}
