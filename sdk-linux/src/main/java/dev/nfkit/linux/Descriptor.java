// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.EventFilter;
import dev.nfkit.socket.SocketOption;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A netlink socket's descriptor: opening, options, counters. None of these calls is on a hot path. */
final class Descriptor {
    private Descriptor() {}

    /** Opens a socket in this thread's namespace, without an address. */
    static int open(int protocol) throws NetlinkException {
        int fd = LibC.socket(Abi.AF_NETLINK, Abi.SOCK_RAW | Abi.SOCK_CLOEXEC, protocol);
        if (fd < 0) {
            throw openFailed("socket(AF_NETLINK, SOCK_RAW, protocol " + protocol + ")");
        }
        return fd;
    }

    /** Opens an eventfd. */
    static int openEvent() throws NetlinkException {
        int fd = LibC.eventfd(0, Abi.EFD_CLOEXEC | Abi.EFD_NONBLOCK);
        if (fd < 0) {
            throw openFailed("eventfd()");
        }
        return fd;
    }

    private static SystemCallException openFailed(String call) {
        SystemCallException plain = Machine.failed(call, null);
        String cure = switch (plain.errno().name()) {
            case "EMFILE" -> "this process has as many files open as it may: raise its limit (ulimit -n)";
            case "ENFILE" -> "the system has as many files open as it may: raise fs.file-max";
            case "EPROTONOSUPPORT" -> "the kernel lacks this netlink protocol: for 12 load nfnetlink";
            case "EPERM", "EACCES" -> "a sandbox (seccomp, SELinux) forbids netlink sockets to this process";
            case "EAFNOSUPPORT" -> "the kernel or a sandbox (systemd's RestrictAddressFamilies) has no AF_NETLINK";
            default -> null;
        };
        return cure == null ? plain : new SystemCallException(call, plain.errno(), cure);
    }

    /** Binds to a port id that the kernel chooses, and returns it. */
    static long bind(int fd) throws NetlinkException {
        NativeBlock address = new NativeBlock(16);
        address.bytes.putShort(Abi.NL_FAMILY, (short) Abi.AF_NETLINK);
        if (LibC.bind(fd, address.address, Abi.SOCKADDR_NL_SIZE) < 0) {
            throw Machine.failed("bind(AF_NETLINK, port id 0)", null);
        }
        NativeBlock length = new NativeBlock(4);
        length.bytes.putInt(0, Abi.SOCKADDR_NL_SIZE);
        if (LibC.getsockname(fd, address.address, length.address) < 0) {
            throw Machine.failed("getsockname()", null);
        }
        length.keep();
        return Integer.toUnsignedLong(address.bytes.getInt(Abi.NL_PID));
    }

    /**
     * Connects a bound socket to the kernel, which then refuses (ECONNREFUSED) datagrams that other sockets send to its
     * address; see {@code netlink_getsockbyportid} in {@code net/netlink/af_netlink.c}. Foreign datagrams to a
     * multicast group are still received. False if a sandbox forbids it.
     */
    static boolean connect(int fd) {
        NativeBlock kernel = new NativeBlock(16);
        kernel.bytes.putShort(Abi.NL_FAMILY, (short) Abi.AF_NETLINK);
        int result = LibC.connect(fd, kernel.address, Abi.SOCKADDR_NL_SIZE);
        kernel.keep();
        return result == 0;
    }

    static void set(int fd, SocketOption option, int value) throws NetlinkException {
        option.requireValid(value);
        switch (option) {
            case RECEIVE_BUFFER -> setBuffer(fd, option, Abi.SO_RCVBUFFORCE, Abi.SO_RCVBUF, value);
            case SEND_BUFFER -> setBuffer(fd, option, Abi.SO_SNDBUFFORCE, Abi.SO_SNDBUF, value);
            case NO_ENOBUFS, EXT_ACK, CAP_ACK, ADD_MEMBERSHIP, DROP_MEMBERSHIP -> {
                if (set(fd, Abi.SOL_NETLINK, name(option), value) < 0) {
                    throw setFailed(option, value);
                }
            }
        }
    }

    private static SystemCallException setFailed(SocketOption option, int value) {
        String call = "setsockopt(" + option + ", " + value + ")";
        SystemCallException plain = Machine.failed(call, null);
        if (option != SocketOption.ADD_MEMBERSHIP) {
            return plain;
        }
        String cure = switch (plain.errno().name()) {
            case "EPERM" -> "joining a group needs CAP_NET_ADMIN in the user namespace that owns the network namespace";
            case "EINVAL" -> "this netlink protocol has no multicast group " + value;
            default -> null;
        };
        return cure == null ? plain : new SystemCallException(call, plain.errno(), cure);
    }

    /** Replaces or removes the filter. */
    static void filter(int fd, @Nullable EventFilter filter) throws NetlinkException {
        if (filter == null) {
            if (set(fd, Abi.SOL_SOCKET, Abi.SO_DETACH_FILTER, 0) < 0) {
                SystemCallException refused = Machine.failed("setsockopt(SO_DETACH_FILTER)", null);
                // There was none.
                if (!refused.errno().equals(Errno.ENOENT)) {
                    throw refused;
                }
            }
            return;
        }
        List<FilterProgram.Instruction> instructions = FilterProgram.compile(filter, ByteOrder.nativeOrder());
        NativeBlock code = new NativeBlock(instructions.size() * Abi.SOCK_FILTER_SIZE);
        for (int i = 0; i < instructions.size(); i++) {
            FilterProgram.Instruction instruction = instructions.get(i);
            int at = i * Abi.SOCK_FILTER_SIZE;
            code.bytes
                    .putShort(at + Abi.FILTER_CODE, (short) instruction.code())
                    .put(at + Abi.FILTER_JT, (byte) instruction.jumpTrue())
                    .put(at + Abi.FILTER_JF, (byte) instruction.jumpFalse())
                    .putInt(at + Abi.FILTER_K, instruction.operand());
        }
        NativeBlock program = new NativeBlock(Abi.SOCK_FPROG_SIZE);
        program.bytes.putShort(Abi.FPROG_LEN, (short) instructions.size()).putLong(Abi.FPROG_FILTER, code.address);
        int result = LibC.setsockopt(fd, Abi.SOL_SOCKET, Abi.SO_ATTACH_FILTER, program.address, Abi.SOCK_FPROG_SIZE);
        if (result < 0) {
            Errno errno = Machine.errno();
            String cure = errno.equals(Errno.ENOMEM)
                    ? "the program exceeds net.core.optmem_max: raise it, or give the filter fewer tests or values"
                    : null;
            throw new SystemCallException(
                    "setsockopt(SO_ATTACH_FILTER, " + instructions.size() + " instructions)", errno, cure);
        }
        code.keep();
        program.keep();
    }

    /** Sets the longest sleep of a receive. */
    static void setSleep(int fd, long millis) throws NetlinkException {
        NativeBlock time = new NativeBlock(Abi.TIMEVAL_SIZE);
        time.bytes.putLong(Abi.TV_SEC, millis / 1_000).putLong(Abi.TV_USEC, millis % 1_000 * 1_000);
        int result = LibC.setsockopt(fd, Abi.SOL_SOCKET, Abi.SO_RCVTIMEO, time.address, Abi.TIMEVAL_SIZE);
        if (result < 0) {
            throw Machine.failed("setsockopt(SO_RCVTIMEO, " + millis + " ms)", null);
        }
        time.keep();
    }

    private static void setBuffer(int fd, SocketOption option, int force, int plain, int value)
            throws NetlinkException {
        if (set(fd, Abi.SOL_SOCKET, force, value) == 0) {
            return;
        }
        SystemCallException refused = Machine.failed("setsockopt(" + option + ", " + value + ")", null);
        // Exceeding the system's limit needs CAP_NET_ADMIN in the initial user namespace.
        if (refused.errno().number() != 1) {
            throw refused;
        }
        if (set(fd, Abi.SOL_SOCKET, plain, value) < 0) {
            throw Machine.failed("setsockopt(" + option + ", " + value + ")", null);
        }
    }

    private static int set(int fd, int level, int name, int value) {
        NativeBlock block = new NativeBlock(4);
        block.bytes.putInt(0, value);
        int result = LibC.setsockopt(fd, level, name, block.address, 4);
        block.keep();
        return result;
    }

    static int get(int fd, SocketOption option) throws NetlinkException {
        option.requireReadable();
        boolean buffer = option == SocketOption.RECEIVE_BUFFER || option == SocketOption.SEND_BUFFER;
        int level = buffer ? Abi.SOL_SOCKET : Abi.SOL_NETLINK;
        NativeBlock value = get(fd, level, name(option), 4);
        if (value == null) {
            throw Machine.failed("getsockopt(" + option + ")", null);
        }
        return value.bytes.getInt(0);
    }

    /** The datagrams lost at the socket, modulo 2³², or −1 if the kernel does not report them. */
    static long drops(int fd) {
        NativeBlock info = get(fd, Abi.SOL_SOCKET, Abi.SO_MEMINFO, Abi.SK_MEMINFO_VARS * 4);
        return info == null ? -1 : Integer.toUnsignedLong(info.bytes.getInt(Abi.SK_MEMINFO_DROPS * 4));
    }

    private static @Nullable NativeBlock get(int fd, int level, int name, int size) {
        NativeBlock value = new NativeBlock(size);
        NativeBlock length = new NativeBlock(4);
        length.bytes.putInt(0, size);
        int result = LibC.getsockopt(fd, level, name, value.address, length.address);
        length.keep();
        return result < 0 ? null : value;
    }

    private static int name(SocketOption option) {
        return switch (option) {
            case RECEIVE_BUFFER -> Abi.SO_RCVBUF;
            case SEND_BUFFER -> Abi.SO_SNDBUF;
            case NO_ENOBUFS -> Abi.NETLINK_NO_ENOBUFS;
            case EXT_ACK -> Abi.NETLINK_EXT_ACK;
            case CAP_ACK -> Abi.NETLINK_CAP_ACK;
            case ADD_MEMBERSHIP -> Abi.NETLINK_ADD_MEMBERSHIP;
            case DROP_MEMBERSHIP -> Abi.NETLINK_DROP_MEMBERSHIP;
        };
    }
}
