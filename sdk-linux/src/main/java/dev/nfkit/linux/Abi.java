// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

/**
 * Numbers and memory layouts of 64-bit Linux, by the kernel's names.
 *
 * <p>x86-64 and aarch64 share everything here: both are LP64 and little-endian, both take {@code asm-generic}'s socket
 * options, {@code MSG_*}, {@code POLL*}, {@code O_CLOEXEC} and {@code O_NONBLOCK}, and align a structure's members to
 * their size. Definitions that differ between them are not used: {@code O_DIRECTORY}, {@code O_NOFOLLOW}, {@code
 * O_DIRECT}, system call numbers, {@code struct stat}, {@code struct epoll_event}. {@link Machine} refuses every other
 * architecture.
 */
final class Abi {
    static final int AF_NETLINK = 16;
    static final int SOCK_RAW = 3;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int EFD_NONBLOCK = 0x800;
    static final int EFD_CLOEXEC = 0x80000;
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;

    static final int SOL_SOCKET = 1;
    static final int SO_SNDBUF = 7;
    static final int SO_RCVBUF = 8;
    /** Takes a {@code struct timeval}. */
    static final int SO_RCVTIMEO = 20;

    static final int SO_ATTACH_FILTER = 26;
    static final int SO_DETACH_FILTER = 27;
    static final int SO_SNDBUFFORCE = 32;
    static final int SO_RCVBUFFORCE = 33;
    /** {@code linux/sock_diag.h}: an array of u32, {@link #SK_MEMINFO_VARS} of them. */
    static final int SO_MEMINFO = 55;

    static final int SK_MEMINFO_DROPS = 8;
    static final int SK_MEMINFO_VARS = 9;

    static final int SOL_NETLINK = 270;
    static final int NETLINK_ADD_MEMBERSHIP = 1;
    static final int NETLINK_DROP_MEMBERSHIP = 2;
    static final int NETLINK_NO_ENOBUFS = 5;
    static final int NETLINK_CAP_ACK = 10;
    static final int NETLINK_EXT_ACK = 11;

    static final int MSG_TRUNC = 0x20;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_WAITFORONE = 0x10000;

    static final short POLLIN = 0x1;
    static final short POLLOUT = 0x4;

    static final int CLOCK_REALTIME = 0;
    static final int CLONE_NEWNET = 0x40000000;
    static final long SIOCGIFNAME = 0x8910;
    /** {@code linux/nsfs.h}: a descriptor of the user namespace that owns a namespace. */
    static final long NS_GET_USERNS = 0xb701;

    /** {@code struct msghdr}; its control part stays zero. */
    static final int MSG_NAME = 0;

    static final int MSG_NAMELEN = 8;
    static final int MSG_IOV = 16;
    static final int MSG_IOVLEN = 24;
    static final int MSG_FLAGS = 48;

    /** {@code struct mmsghdr}: a msghdr, then the length received. */
    static final int MMSG_LEN = 56;

    static final int MMSGHDR_SIZE = 64;

    /** {@code struct iovec}. */
    static final int IOV_BASE = 0;

    static final int IOV_LEN = 8;
    static final int IOVEC_SIZE = 16;

    /** {@code struct sockaddr_nl}. */
    static final int NL_FAMILY = 0;

    static final int NL_PID = 4;
    static final int SOCKADDR_NL_SIZE = 12;

    /** {@code struct timespec}. */
    static final int TV_SEC = 0;

    static final int TV_NSEC = 8;
    static final int TIMESPEC_SIZE = 16;

    /** {@code struct timeval}. */
    static final int TV_USEC = 8;

    static final int TIMEVAL_SIZE = 16;

    /** {@code struct pollfd}. */
    static final int POLLFD_FD = 0;

    static final int POLLFD_EVENTS = 4;
    static final int POLLFD_REVENTS = 6;
    static final int POLLFD_SIZE = 8;

    /** {@code struct sock_filter}, {@code linux/filter.h}. */
    static final int FILTER_CODE = 0;

    static final int FILTER_JT = 2;
    static final int FILTER_JF = 3;
    static final int FILTER_K = 4;
    static final int SOCK_FILTER_SIZE = 8;

    /** {@code struct sock_fprog}. */
    static final int FPROG_LEN = 0;

    static final int FPROG_FILTER = 8;
    static final int SOCK_FPROG_SIZE = 16;

    /** The longest program, in instructions. */
    static final int BPF_MAXINSNS = 4096;

    /** Instructions: class, size or operation, and mode or source of {@code linux/bpf_common.h}, put together. */
    static final int BPF_LD_IMM = 0x00;

    static final int BPF_LDX_IMM = 0x01;
    static final int BPF_LD_W_ABS = 0x20;
    static final int BPF_LD_H_ABS = 0x28;
    static final int BPF_LD_B_ABS = 0x30;
    static final int BPF_LD_W_IND = 0x40;
    static final int BPF_LD_H_IND = 0x48;
    static final int BPF_LD_B_IND = 0x50;
    static final int BPF_LD_W_LEN = 0x80;
    static final int BPF_ALU_AND_K = 0x54;
    static final int BPF_JMP_JA = 0x05;
    static final int BPF_JMP_JEQ_K = 0x15;
    static final int BPF_JMP_JGT_K = 0x25;
    static final int BPF_JMP_JGE_K = 0x35;
    static final int BPF_RET_K = 0x06;
    static final int BPF_MISC_TAX = 0x07;

    /** The offset from which a load of a word computes a value instead. */
    static final int SKF_AD_OFF = -0x1000;

    static final int SKF_AD_NLATTR = 12;
    static final int SKF_AD_NLATTR_NEST = 16;

    /** {@code struct ifreq}. */
    static final int IFR_NAME = 0;

    static final int IFNAMSIZ = 16;
    static final int IFR_IFINDEX = 16;
    static final int IFREQ_SIZE = 40;

    private Abi() {}
}
