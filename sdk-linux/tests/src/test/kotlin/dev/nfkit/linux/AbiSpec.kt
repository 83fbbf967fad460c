// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.deleteIfExists

/**
 * The table is the output of `src/test/c/layouts.c` on x86-64 (glibc 2.36 and later). It holds for aarch64 too: LP64,
 * little-endian, natural alignment, and `asm-generic` numbers. If there is a C compiler, the values are compared with
 * those of this machine.
 */
class AbiSpec :
    FunSpec({
        class Entry(
            val name: String,
            val ours: Number,
            val c: Long,
        )

        val table =
            listOf(
                Entry("sizeof(long)", 8, 8),
                Entry("sizeof(size_t)", 8, 8),
                Entry("sizeof(socklen_t)", 4, 4),
                Entry("sizeof(struct mmsghdr)", Abi.MMSGHDR_SIZE, 64),
                Entry("sizeof(struct iovec)", Abi.IOVEC_SIZE, 16),
                Entry("sizeof(struct sockaddr_nl)", Abi.SOCKADDR_NL_SIZE, 12),
                Entry("sizeof(struct timespec)", Abi.TIMESPEC_SIZE, 16),
                Entry("sizeof(struct timeval)", Abi.TIMEVAL_SIZE, 16),
                Entry("sizeof(struct pollfd)", Abi.POLLFD_SIZE, 8),
                Entry("sizeof(struct ifreq)", Abi.IFREQ_SIZE, 40),
                Entry("sizeof(struct sock_filter)", Abi.SOCK_FILTER_SIZE, 8),
                Entry("sizeof(struct sock_fprog)", Abi.SOCK_FPROG_SIZE, 16),
                Entry("struct mmsghdr.msg_hdr.msg_name", Abi.MSG_NAME, 0),
                Entry("struct mmsghdr.msg_hdr.msg_namelen", Abi.MSG_NAMELEN, 8),
                Entry("struct mmsghdr.msg_hdr.msg_iov", Abi.MSG_IOV, 16),
                Entry("struct mmsghdr.msg_hdr.msg_iovlen", Abi.MSG_IOVLEN, 24),
                Entry("struct mmsghdr.msg_hdr.msg_flags", Abi.MSG_FLAGS, 48),
                Entry("struct mmsghdr.msg_len", Abi.MMSG_LEN, 56),
                Entry("struct iovec.iov_base", Abi.IOV_BASE, 0),
                Entry("struct iovec.iov_len", Abi.IOV_LEN, 8),
                Entry("struct sockaddr_nl.nl_family", Abi.NL_FAMILY, 0),
                Entry("struct sockaddr_nl.nl_pid", Abi.NL_PID, 4),
                Entry("struct timespec.tv_sec", Abi.TV_SEC, 0),
                Entry("struct timespec.tv_nsec", Abi.TV_NSEC, 8),
                Entry("struct timeval.tv_sec", Abi.TV_SEC, 0),
                Entry("struct timeval.tv_usec", Abi.TV_USEC, 8),
                Entry("struct pollfd.fd", Abi.POLLFD_FD, 0),
                Entry("struct pollfd.events", Abi.POLLFD_EVENTS, 4),
                Entry("struct pollfd.revents", Abi.POLLFD_REVENTS, 6),
                Entry("struct ifreq.ifr_name", Abi.IFR_NAME, 0),
                Entry("struct ifreq.ifr_ifindex", Abi.IFR_IFINDEX, 16),
                Entry("struct sock_filter.code", Abi.FILTER_CODE, 0),
                Entry("struct sock_filter.jt", Abi.FILTER_JT, 2),
                Entry("struct sock_filter.jf", Abi.FILTER_JF, 3),
                Entry("struct sock_filter.k", Abi.FILTER_K, 4),
                Entry("struct sock_fprog.len", Abi.FPROG_LEN, 0),
                Entry("struct sock_fprog.filter", Abi.FPROG_FILTER, 8),
                Entry("IFNAMSIZ", Abi.IFNAMSIZ, 16),
                Entry("AF_NETLINK", Abi.AF_NETLINK, 16),
                Entry("SOCK_RAW", Abi.SOCK_RAW, 3),
                Entry("SOCK_CLOEXEC", Abi.SOCK_CLOEXEC, 524288),
                Entry("EFD_NONBLOCK", Abi.EFD_NONBLOCK, 2048),
                Entry("EFD_CLOEXEC", Abi.EFD_CLOEXEC, 524288),
                Entry("O_RDONLY", Abi.O_RDONLY, 0),
                Entry("O_WRONLY", Abi.O_WRONLY, 1),
                Entry("O_NONBLOCK", Abi.O_NONBLOCK, 2048),
                Entry("O_CLOEXEC", Abi.O_CLOEXEC, 524288),
                Entry("SOL_SOCKET", Abi.SOL_SOCKET, 1),
                Entry("SO_SNDBUF", Abi.SO_SNDBUF, 7),
                Entry("SO_RCVBUF", Abi.SO_RCVBUF, 8),
                Entry("SO_RCVTIMEO", Abi.SO_RCVTIMEO, 20),
                Entry("SO_ATTACH_FILTER", Abi.SO_ATTACH_FILTER, 26),
                Entry("SO_DETACH_FILTER", Abi.SO_DETACH_FILTER, 27),
                Entry("SO_SNDBUFFORCE", Abi.SO_SNDBUFFORCE, 32),
                Entry("SO_RCVBUFFORCE", Abi.SO_RCVBUFFORCE, 33),
                Entry("SO_MEMINFO", Abi.SO_MEMINFO, 55),
                Entry("SK_MEMINFO_DROPS", Abi.SK_MEMINFO_DROPS, 8),
                Entry("SK_MEMINFO_VARS", Abi.SK_MEMINFO_VARS, 9),
                Entry("SOL_NETLINK", Abi.SOL_NETLINK, 270),
                Entry("NETLINK_ADD_MEMBERSHIP", Abi.NETLINK_ADD_MEMBERSHIP, 1),
                Entry("NETLINK_DROP_MEMBERSHIP", Abi.NETLINK_DROP_MEMBERSHIP, 2),
                Entry("NETLINK_NO_ENOBUFS", Abi.NETLINK_NO_ENOBUFS, 5),
                Entry("NETLINK_CAP_ACK", Abi.NETLINK_CAP_ACK, 10),
                Entry("NETLINK_EXT_ACK", Abi.NETLINK_EXT_ACK, 11),
                Entry("BPF_MAXINSNS", Abi.BPF_MAXINSNS, 4096),
                Entry("BPF_LD | BPF_IMM", Abi.BPF_LD_IMM, 0),
                Entry("BPF_LDX | BPF_IMM", Abi.BPF_LDX_IMM, 1),
                Entry("BPF_LD | BPF_W | BPF_ABS", Abi.BPF_LD_W_ABS, 32),
                Entry("BPF_LD | BPF_H | BPF_ABS", Abi.BPF_LD_H_ABS, 40),
                Entry("BPF_LD | BPF_B | BPF_ABS", Abi.BPF_LD_B_ABS, 48),
                Entry("BPF_LD | BPF_W | BPF_IND", Abi.BPF_LD_W_IND, 64),
                Entry("BPF_LD | BPF_H | BPF_IND", Abi.BPF_LD_H_IND, 72),
                Entry("BPF_LD | BPF_B | BPF_IND", Abi.BPF_LD_B_IND, 80),
                Entry("BPF_LD | BPF_W | BPF_LEN", Abi.BPF_LD_W_LEN, 128),
                Entry("BPF_ALU | BPF_AND | BPF_K", Abi.BPF_ALU_AND_K, 84),
                Entry("BPF_JMP | BPF_JA", Abi.BPF_JMP_JA, 5),
                Entry("BPF_JMP | BPF_JEQ | BPF_K", Abi.BPF_JMP_JEQ_K, 21),
                Entry("BPF_JMP | BPF_JGT | BPF_K", Abi.BPF_JMP_JGT_K, 37),
                Entry("BPF_JMP | BPF_JGE | BPF_K", Abi.BPF_JMP_JGE_K, 53),
                Entry("BPF_RET | BPF_K", Abi.BPF_RET_K, 6),
                Entry("BPF_MISC | BPF_TAX", Abi.BPF_MISC_TAX, 7),
                Entry("SKF_AD_OFF", Abi.SKF_AD_OFF, -4096),
                Entry("SKF_AD_NLATTR", Abi.SKF_AD_NLATTR, 12),
                Entry("SKF_AD_NLATTR_NEST", Abi.SKF_AD_NLATTR_NEST, 16),
                Entry("MSG_TRUNC", Abi.MSG_TRUNC, 32),
                Entry("MSG_DONTWAIT", Abi.MSG_DONTWAIT, 64),
                Entry("MSG_WAITFORONE", Abi.MSG_WAITFORONE, 65536),
                Entry("POLLIN", Abi.POLLIN.toInt(), 1),
                Entry("POLLOUT", Abi.POLLOUT.toInt(), 4),
                Entry("CLOCK_REALTIME", Abi.CLOCK_REALTIME, 0),
                Entry("CLONE_NEWNET", Abi.CLONE_NEWNET, 1073741824),
                Entry("SIOCGIFNAME", Abi.SIOCGIFNAME, 35088),
                Entry("NS_GET_USERNS", Abi.NS_GET_USERNS, 46849),
            )

        test("sizes, offsets and numbers are those of C") {
            for (entry in table) {
                withClue(entry.name) { entry.ours.toLong() shouldBe entry.c }
            }
        }

        val compiler = listOf("/usr/bin/cc", "/usr/bin/gcc").firstOrNull { Files.isExecutable(Path.of(it)) }

        test("the C compiler of this machine agrees")
            .config(enabledOrReasonIf = { Live.enabled(if (compiler == null) "there is no C compiler" else null) }) {
                val program = Files.createTempFile("nfkit-layouts", "")
                try {
                    run(compiler!!, "-o", program.toString(), "src/test/c/layouts.c")
                    run(program.toString()).trim().lines() shouldContainExactly table.map { "${it.name} ${it.c}" }
                } finally {
                    program.deleteIfExists()
                }
            }
    })
