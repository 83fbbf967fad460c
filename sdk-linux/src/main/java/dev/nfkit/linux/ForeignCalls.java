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
    private static final MethodHandle ERRNO = LINKER.errno();
    private static final MethodHandle ADDRESS = LINKER.address();
    private static final MethodHandle SOCKET = LINKER.call("socket");
    private static final MethodHandle BIND = LINKER.call("bind");
    private static final MethodHandle CONNECT = LINKER.call("connect");
    private static final MethodHandle GETSOCKNAME = LINKER.call("getsockname");
    private static final MethodHandle SETSOCKOPT = LINKER.call("setsockopt");
    private static final MethodHandle GETSOCKOPT = LINKER.call("getsockopt");
    private static final MethodHandle PPOLL = LINKER.call("ppoll");
    private static final MethodHandle RECVMMSG = LINKER.call("recvmmsg");
    private static final MethodHandle RECV = LINKER.call("recv");
    private static final MethodHandle SEND = LINKER.call("send");
    private static final MethodHandle EVENTFD = LINKER.call("eventfd");
    private static final MethodHandle READ = LINKER.call("read");
    private static final MethodHandle WRITE = LINKER.call("write");
    private static final MethodHandle CLOSE = LINKER.plain("close");
    private static final MethodHandle SIGNAL = LINKER.plain("write");
    private static final MethodHandle POST = LINKER.plain("send");
    private static final MethodHandle OPEN = LINKER.call("open");
    private static final MethodHandle IOCTL = LINKER.call("ioctl");
    private static final MethodHandle SETNS = LINKER.call("setns");
    private static final MethodHandle UNSHARE = LINKER.call("unshare");
    private static final MethodHandle CLOCK_GETTIME = LINKER.call("clock_gettime");

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
            return (int) (long) SOCKET.invokeExact((long) domain, (long) type, (long) protocol, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int bind(int fd, long address, int length) {
        try {
            return (int) (long) BIND.invokeExact((long) fd, address, (long) length, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int connect(int fd, long address, int length) {
        try {
            return (int) (long) CONNECT.invokeExact((long) fd, address, (long) length, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int getsockname(int fd, long address, long lengthAddress) {
        try {
            return (int) (long) GETSOCKNAME.invokeExact((long) fd, address, lengthAddress, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int setsockopt(int fd, int level, int name, long value, int length) {
        try {
            return (int) (long) SETSOCKOPT.invokeExact((long) fd, (long) level, (long) name, value, (long) length, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int getsockopt(int fd, int level, int name, long value, long lengthAddress) {
        try {
            return (int) (long) GETSOCKOPT.invokeExact((long) fd, (long) level, (long) name, value, lengthAddress, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int ppoll(long fds, long count, long timeout, long mask) {
        try {
            return (int) (long) PPOLL.invokeExact(fds, count, timeout, mask, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int recvmmsg(int fd, long messages, int count, int flags, long timeout) {
        try {
            return (int) (long) RECVMMSG.invokeExact((long) fd, messages, (long) count, (long) flags, timeout, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long recv(int fd, long buffer, long length, int flags) {
        try {
            return (long) RECV.invokeExact((long) fd, buffer, length, (long) flags, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long send(int fd, long buffer, long length, int flags) {
        try {
            return (long) SEND.invokeExact((long) fd, buffer, length, (long) flags, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int eventfd(int initial, int flags) {
        try {
            return (int) (long) EVENTFD.invokeExact((long) initial, (long) flags, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long read(int fd, long buffer, long length) {
        try {
            return (long) READ.invokeExact((long) fd, buffer, length, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long write(int fd, long buffer, long length) {
        try {
            return (long) WRITE.invokeExact((long) fd, buffer, length, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long signal(int fd, long buffer, long length) {
        try {
            return (long) SIGNAL.invokeExact((long) fd, buffer, length, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long post(int fd, long buffer, long length, int flags) {
        try {
            return (long) POST.invokeExact((long) fd, buffer, length, (long) flags, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int close(int fd) {
        try {
            return (int) (long) CLOSE.invokeExact((long) fd, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int open(long path, int flags) {
        try {
            return (int) (long) OPEN.invokeExact(path, (long) flags, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int ioctl(int fd, long request, long argument) {
        try {
            return (int) (long) IOCTL.invokeExact((long) fd, request, argument, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int setns(int fd, int type) {
        try {
            return (int) (long) SETNS.invokeExact((long) fd, (long) type, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int unshare(int flags) {
        try {
            return (int) (long) UNSHARE.invokeExact((long) flags, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int clock_gettime(int clock, long timespec) {
        try {
            return (int) (long) CLOCK_GETTIME.invokeExact((long) clock, timespec, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }
}
