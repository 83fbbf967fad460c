/* Prints the sizes, offsets and numbers that Abi.java holds, as the C library and the kernel's headers have them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define SIZE(type) printf("sizeof(" #type ") %zu\n", sizeof(type))
#define OFFSET(type, member) printf(#type "." #member " %zu\n", offsetof(type, member))
#define NUMBER(name) printf(#name " %ld\n", (long) (name))

int main(void)
{
    SIZE(long);
    SIZE(size_t);
    SIZE(socklen_t);
    SIZE(struct mmsghdr);
    SIZE(struct iovec);
    SIZE(struct sockaddr_nl);
    SIZE(struct timespec);
    SIZE(struct timeval);
    SIZE(struct pollfd);
    SIZE(struct ifreq);
    SIZE(struct sock_filter);
    SIZE(struct sock_fprog);
    OFFSET(struct mmsghdr, msg_hdr.msg_name);
    OFFSET(struct mmsghdr, msg_hdr.msg_namelen);
    OFFSET(struct mmsghdr, msg_hdr.msg_iov);
    OFFSET(struct mmsghdr, msg_hdr.msg_iovlen);
    OFFSET(struct mmsghdr, msg_hdr.msg_flags);
    OFFSET(struct mmsghdr, msg_len);
    OFFSET(struct iovec, iov_base);
    OFFSET(struct iovec, iov_len);
    OFFSET(struct sockaddr_nl, nl_family);
    OFFSET(struct sockaddr_nl, nl_pid);
    OFFSET(struct timespec, tv_sec);
    OFFSET(struct timespec, tv_nsec);
    OFFSET(struct timeval, tv_sec);
    OFFSET(struct timeval, tv_usec);
    OFFSET(struct pollfd, fd);
    OFFSET(struct pollfd, events);
    OFFSET(struct pollfd, revents);
    OFFSET(struct ifreq, ifr_name);
    OFFSET(struct ifreq, ifr_ifindex);
    OFFSET(struct sock_filter, code);
    OFFSET(struct sock_filter, jt);
    OFFSET(struct sock_filter, jf);
    OFFSET(struct sock_filter, k);
    OFFSET(struct sock_fprog, len);
    OFFSET(struct sock_fprog, filter);
    NUMBER(IFNAMSIZ);
    NUMBER(AF_NETLINK);
    NUMBER(SOCK_RAW);
    NUMBER(SOCK_CLOEXEC);
    NUMBER(EFD_NONBLOCK);
    NUMBER(EFD_CLOEXEC);
    NUMBER(O_RDONLY);
    NUMBER(O_WRONLY);
    NUMBER(O_NONBLOCK);
    NUMBER(O_CLOEXEC);
    NUMBER(SOL_SOCKET);
    NUMBER(SO_SNDBUF);
    NUMBER(SO_RCVBUF);
    NUMBER(SO_RCVTIMEO);
    NUMBER(SO_ATTACH_FILTER);
    NUMBER(SO_DETACH_FILTER);
    NUMBER(SO_SNDBUFFORCE);
    NUMBER(SO_RCVBUFFORCE);
    NUMBER(SO_MEMINFO);
    NUMBER(SK_MEMINFO_DROPS);
    NUMBER(SK_MEMINFO_VARS);
    NUMBER(SOL_NETLINK);
    NUMBER(NETLINK_ADD_MEMBERSHIP);
    NUMBER(NETLINK_DROP_MEMBERSHIP);
    NUMBER(NETLINK_NO_ENOBUFS);
    NUMBER(NETLINK_CAP_ACK);
    NUMBER(NETLINK_EXT_ACK);
    NUMBER(BPF_MAXINSNS);
    NUMBER(BPF_LD | BPF_IMM);
    NUMBER(BPF_LDX | BPF_IMM);
    NUMBER(BPF_LD | BPF_W | BPF_ABS);
    NUMBER(BPF_LD | BPF_H | BPF_ABS);
    NUMBER(BPF_LD | BPF_B | BPF_ABS);
    NUMBER(BPF_LD | BPF_W | BPF_IND);
    NUMBER(BPF_LD | BPF_H | BPF_IND);
    NUMBER(BPF_LD | BPF_B | BPF_IND);
    NUMBER(BPF_LD | BPF_W | BPF_LEN);
    NUMBER(BPF_ALU | BPF_AND | BPF_K);
    NUMBER(BPF_JMP | BPF_JA);
    NUMBER(BPF_JMP | BPF_JEQ | BPF_K);
    NUMBER(BPF_JMP | BPF_JGT | BPF_K);
    NUMBER(BPF_JMP | BPF_JGE | BPF_K);
    NUMBER(BPF_RET | BPF_K);
    NUMBER(BPF_MISC | BPF_TAX);
    NUMBER(SKF_AD_OFF);
    NUMBER(SKF_AD_NLATTR);
    NUMBER(SKF_AD_NLATTR_NEST);
    NUMBER(MSG_TRUNC);
    NUMBER(MSG_DONTWAIT);
    NUMBER(MSG_WAITFORONE);
    NUMBER(POLLIN);
    NUMBER(POLLOUT);
    NUMBER(CLOCK_REALTIME);
    NUMBER(CLONE_NEWNET);
    NUMBER(SIOCGIFNAME);
    NUMBER(NS_GET_USERNS);
    return 0;
}
