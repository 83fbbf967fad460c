// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

/**
 * The C library's calls, by JNA's direct mapping. Arguments are only ints and raw addresses, so a call costs about a
 * hundred nanoseconds in addition to the kernel's part and allocates nothing. {@code open} and {@code ioctl} are
 * variadic in C; on x86-64 and on Linux aarch64 integer arguments are passed in the same registers either way.
 */
final class JnaCalls {
    static native int socket(int domain, int type, int protocol);

    static native int bind(int fd, long address, int length);

    static native int connect(int fd, long address, int length);

    static native int getsockname(int fd, long address, long lengthAddress);

    static native int setsockopt(int fd, int level, int name, long value, int length);

    static native int getsockopt(int fd, int level, int name, long value, long lengthAddress);

    static native int ppoll(long fds, long count, long timeout, long mask);

    static native int recvmmsg(int fd, long messages, int count, int flags, long timeout);

    static native long recv(int fd, long buffer, long length, int flags);

    static native long send(int fd, long buffer, long length, int flags);

    static native int eventfd(int initial, int flags);

    static native long read(int fd, long buffer, long length);

    static native long write(int fd, long buffer, long length);

    static native int close(int fd);

    static native int open(long path, int flags);

    static native int ioctl(int fd, long request, long argument);

    static native int setns(int fd, int type);

    static native int unshare(int flags);

    static native int clock_gettime(int clock, long timespec);

    private JnaCalls() {}
}
