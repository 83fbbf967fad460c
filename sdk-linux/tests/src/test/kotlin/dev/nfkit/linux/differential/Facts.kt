// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.linux.KernelVersion
import dev.nfkit.linux.Namespace
import dev.nfkit.linux.address
import dev.nfkit.linux.bindGroup
import dev.nfkit.linux.config
import dev.nfkit.linux.connection
import dev.nfkit.linux.tcp
import dev.nfkit.linux.withTable
import dev.nfkit.nflog.NflogConfig
import dev.nfkit.packet.IpProtocol
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.wire.Netlink
import java.util.concurrent.TimeUnit

/** Properties of this machine's kernel, detected and not assumed, so that the model can be set accordingly. */
internal object Facts {
    /** Why a scenario cannot run, by the kernel version, for properties that cannot be detected. */
    fun before(
        major: Int,
        minor: Int,
        what: String,
    ): String? = "$what before Linux $major.$minor".takeIf { KernelVersion.running < KernelVersion(major, minor) }

    /** Until 6.16 a receive buffer accepted one datagram more than it had space for (`netlink_attachskb`). */
    val countsBuffersOtherwise: String? get() = before(6, 16, "receive buffers were counted differently")

    /** Why there is no helper for FTP, or null if there is one. */
    val noFtpHelper: String? by lazy {
        runCatching { withTable { it.create(connection(tcp(1, 21)).helper("ftp")) } }.exceptionOrNull()?.message
    }

    /** Why SCTP is not tracked, or null if it is (`CONFIG_NF_CT_PROTO_SCTP`). */
    val noSctp: String? by lazy {
        withTable {
            val tuple = ConntrackTuple.of(IpProtocol.SCTP, address("10.1.0.1"), 1, address("10.1.0.2"), 2)
            it.create(connection(tuple))
            if (it
                    .get(tuple)
                    .get()
                    .protocolInfo()
                    .isPresent
            ) {
                null
            } else {
                "SCTP is not tracked"
            }
        }
    }

    /** Whether connections can come with packets (`CONFIG_NETFILTER_NETLINK_GLUE_CT`). */
    val conntrackGlue: Boolean by lazy {
        Namespace().use { namespace ->
            namespace.transport.open(Netlink.NETLINK_NETFILTER).use { socket ->
                socket.bindGroup(1)
                val batch = DatagramBatch(1, 4096)
                socket.send(
                    config(1, 2) { be16(NflogConfig.NFULA_CFG_FLAGS, NflogConfig.NFULNL_CFG_F_CONNTRACK) },
                )
                check(socket.receive(batch, TimeUnit.SECONDS.toNanos(5)) == 1) { "no answer" }
                batch
                    .buffer()
                    .duplicate()
                    .order(socket.order())
                    .getInt(batch.offset(0) + 16) == 0
            }
        }
    }
}
