// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An error number of the kernel, by its name. Numbers are those of {@code asm-generic/errno.h}, which x86-64 and
 * aarch64 share; a number without a constant here is kept as it is.
 */
public final class Errno implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final Map<Integer, Errno> KNOWN = new HashMap<>();

    /** Operation not permitted. */
    public static final Errno EPERM = known(1, "EPERM", "Operation not permitted");

    /** No such file or directory. */
    public static final Errno ENOENT = known(2, "ENOENT", "No such file or directory");

    /** No such process. */
    public static final Errno ESRCH = known(3, "ESRCH", "No such process");

    /** Interrupted system call. */
    public static final Errno EINTR = known(4, "EINTR", "Interrupted system call");

    /** Input/output error. */
    public static final Errno EIO = known(5, "EIO", "Input/output error");

    /** No such device or address. */
    public static final Errno ENXIO = known(6, "ENXIO", "No such device or address");

    /** Argument list too long. */
    public static final Errno E2BIG = known(7, "E2BIG", "Argument list too long");

    /** Bad file descriptor. */
    public static final Errno EBADF = known(9, "EBADF", "Bad file descriptor");

    /** Resource temporarily unavailable. */
    public static final Errno EAGAIN = known(11, "EAGAIN", "Resource temporarily unavailable");

    /** Cannot allocate memory. */
    public static final Errno ENOMEM = known(12, "ENOMEM", "Cannot allocate memory");

    /** Permission denied. */
    public static final Errno EACCES = known(13, "EACCES", "Permission denied");

    /** Bad address. */
    public static final Errno EFAULT = known(14, "EFAULT", "Bad address");

    /** Device or resource busy. */
    public static final Errno EBUSY = known(16, "EBUSY", "Device or resource busy");

    /** File exists. */
    public static final Errno EEXIST = known(17, "EEXIST", "File exists");

    /** No such device. */
    public static final Errno ENODEV = known(19, "ENODEV", "No such device");

    /** Not a directory. */
    public static final Errno ENOTDIR = known(20, "ENOTDIR", "Not a directory");

    /** Is a directory. */
    public static final Errno EISDIR = known(21, "EISDIR", "Is a directory");

    /** Invalid argument. */
    public static final Errno EINVAL = known(22, "EINVAL", "Invalid argument");

    /** Too many open files in system. */
    public static final Errno ENFILE = known(23, "ENFILE", "Too many open files in system");

    /** Too many open files. */
    public static final Errno EMFILE = known(24, "EMFILE", "Too many open files");

    /** No space left on device. */
    public static final Errno ENOSPC = known(28, "ENOSPC", "No space left on device");

    /** Illegal seek. */
    public static final Errno ESPIPE = known(29, "ESPIPE", "Illegal seek");

    /** Read-only file system. */
    public static final Errno EROFS = known(30, "EROFS", "Read-only file system");

    /** Too many links. */
    public static final Errno EMLINK = known(31, "EMLINK", "Too many links");

    /** Broken pipe. */
    public static final Errno EPIPE = known(32, "EPIPE", "Broken pipe");

    /** Numerical result out of range. */
    public static final Errno ERANGE = known(34, "ERANGE", "Numerical result out of range");

    /** File name too long. */
    public static final Errno ENAMETOOLONG = known(36, "ENAMETOOLONG", "File name too long");

    /** Function not implemented. */
    public static final Errno ENOSYS = known(38, "ENOSYS", "Function not implemented");

    /** Directory not empty. */
    public static final Errno ENOTEMPTY = known(39, "ENOTEMPTY", "Directory not empty");

    /** Too many levels of symbolic links. */
    public static final Errno ELOOP = known(40, "ELOOP", "Too many levels of symbolic links");

    /** Protocol error. */
    public static final Errno EPROTO = known(71, "EPROTO", "Protocol error");

    /** Value too large for defined data type. */
    public static final Errno EOVERFLOW = known(75, "EOVERFLOW", "Value too large for defined data type");

    /** Interrupted system call should be restarted. */
    public static final Errno ERESTART = known(85, "ERESTART", "Interrupted system call should be restarted");

    /** Message too long. */
    public static final Errno EMSGSIZE = known(90, "EMSGSIZE", "Message too long");

    /** Protocol not available. */
    public static final Errno ENOPROTOOPT = known(92, "ENOPROTOOPT", "Protocol not available");

    /** Protocol not supported. */
    public static final Errno EPROTONOSUPPORT = known(93, "EPROTONOSUPPORT", "Protocol not supported");

    /** Operation not supported. */
    public static final Errno EOPNOTSUPP = known(95, "EOPNOTSUPP", "Operation not supported");

    /** Address family not supported by protocol. */
    public static final Errno EAFNOSUPPORT = known(97, "EAFNOSUPPORT", "Address family not supported by protocol");

    /** Address already in use. */
    public static final Errno EADDRINUSE = known(98, "EADDRINUSE", "Address already in use");

    /** Network is down. */
    public static final Errno ENETDOWN = known(100, "ENETDOWN", "Network is down");

    /** Network is unreachable. */
    public static final Errno ENETUNREACH = known(101, "ENETUNREACH", "Network is unreachable");

    /** Connection reset by peer. */
    public static final Errno ECONNRESET = known(104, "ECONNRESET", "Connection reset by peer");

    /** No buffer space available. */
    public static final Errno ENOBUFS = known(105, "ENOBUFS", "No buffer space available");

    /** Transport endpoint is not connected. */
    public static final Errno ENOTCONN = known(107, "ENOTCONN", "Transport endpoint is not connected");

    /** Connection timed out. */
    public static final Errno ETIMEDOUT = known(110, "ETIMEDOUT", "Connection timed out");

    /** Connection refused. */
    public static final Errno ECONNREFUSED = known(111, "ECONNREFUSED", "Connection refused");

    /** No route to host. */
    public static final Errno EHOSTUNREACH = known(113, "EHOSTUNREACH", "No route to host");

    /** Operation already in progress. */
    public static final Errno EALREADY = known(114, "EALREADY", "Operation already in progress");

    /** Stale file handle. */
    public static final Errno ESTALE = known(116, "ESTALE", "Stale file handle");

    /** Operation is not supported. */
    public static final Errno ENOTSUPP = known(524, "ENOTSUPP", "Operation is not supported");

    private final int number;
    private final String name;
    private final String description;

    private Errno(int number, String name, String description) {
        this.number = number;
        this.name = name;
        this.description = description;
    }

    private static Errno known(int number, String name, String description) {
        Errno errno = new Errno(number, name, description);
        KNOWN.put(number, errno);
        return errno;
    }

    /**
     * The error of a number.
     *
     * @param number an error number; its sign is ignored, as netlink carries it negative
     * @return the constant of that number, or a nameless one
     */
    public static Errno of(int number) {
        int positive = Math.abs(number);
        Errno errno = KNOWN.get(positive);
        return errno != null ? errno : new Errno(positive, "errno " + positive, "unknown error");
    }

    /**
     * The number, as in C.
     *
     * @return the number, positive
     */
    public int number() {
        return number;
    }

    /**
     * The kernel's name of it.
     *
     * @return a name such as {@code EPERM}, or {@code errno 999} if there is no constant
     */
    public String name() {
        return name;
    }

    /**
     * The C library's description.
     *
     * @return the description, in English
     */
    public String description() {
        return description;
    }

    /**
     * Whether another object is the same error number.
     *
     * @param other what to compare with
     * @return whether they are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Errno errno && errno.number == number;
    }

    /**
     * A hash of the number.
     *
     * @return a number that is the same for equal ones
     */
    @Override
    public int hashCode() {
        return number;
    }

    /**
     * Name and description.
     *
     * @return text such as {@code EPERM (Operation not permitted)}
     */
    @Override
    public String toString() {
        return name + " (" + description + ")";
    }
}
