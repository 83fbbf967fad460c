// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session

import dev.nfkit.Errno
import dev.nfkit.KernelRefusedException
import dev.nfkit.Refusal
import dev.nfkit.socket.KernelView
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.SocketOwner
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.reflect.Proxy
import java.util.Optional
import java.util.OptionalLong

private fun kernel(
    netAdmin: NetAdmin,
    owner: SocketOwner? = null,
): KernelView =
    Proxy.newProxyInstance(RefusalsSpec::class.java.classLoader, arrayOf(KernelView::class.java)) { _, method, _ ->
        when (method.name) {
            "netAdmin" -> netAdmin
            "owner" -> Optional.ofNullable(owner)
            else -> error("no test asks for ${method.name}")
        }
    } as KernelView

private fun refused(errno: Errno) = KernelRefusedException("bind", errno, null, -1, Refusal.UNKNOWN, null)

private fun explained(
    errno: Errno,
    netAdmin: NetAdmin = NetAdmin.HELD,
    owner: Long? = null,
    process: SocketOwner? = null,
    conntrack: Boolean = false,
): KernelRefusedException =
    Refusals.explain(
        refused(errno),
        "queue",
        owner?.let { OptionalLong.of(it) } ?: OptionalLong.empty(),
        conntrack,
        kernel(netAdmin, process),
    )

class RefusalsSpec :
    FunSpec({
        test("EPERM without the capability, or with that of another user namespace, names the capability") {
            val missing = explained(Errno.EPERM, NetAdmin.MISSING, owner = 7)
            missing.refusal() shouldBe Refusal.NO_CAPABILITY
            missing.message shouldContain "lacks CAP_NET_ADMIN"
            val elsewhere = explained(Errno.EPERM, NetAdmin.IN_OTHER_USER_NAMESPACE, owner = 7)
            elsewhere.refusal() shouldBe Refusal.CAPABILITY_IN_OTHER_USER_NAMESPACE
            elsewhere.message shouldContain "not in the user namespace"
        }

        test("EPERM with the capability names the owner, as far as it is known") {
            val named = explained(Errno.EPERM, owner = 4711, process = SocketOwner(812, "ulogd"))
            named.refusal() shouldBe Refusal.OWNED_BY_ANOTHER
            named.message shouldContain "port 4711 (ulogd, pid 812) owns this queue; stop it or take another queue"
            explained(Errno.EPERM, owner = 4711).message shouldContain "port 4711 owns this queue"
            val unknown = explained(Errno.EPERM)
            unknown.refusal() shouldBe Refusal.UNKNOWN
            unknown.cure() shouldBe Optional.empty()
        }

        test("EBUSY is a binding that there is already") {
            val busy = explained(Errno.EBUSY)
            busy.refusal() shouldBe Refusal.OWNED_BY_ANOTHER
            busy.message shouldContain "the queue is bound already"
        }

        test("EOPNOTSUPP is due to connections only if they were requested") {
            val unsupported = explained(Errno.EOPNOTSUPP, conntrack = true)
            unsupported.refusal() shouldBe Refusal.NOT_SUPPORTED
            unsupported.message shouldContain "leave conntrack off"
            explained(Errno.EOPNOTSUPP).refusal() shouldBe Refusal.UNKNOWN
        }

        test("any other refusal stays as it is") {
            val refusal = refused(Errno.ENOMEM)
            Refusals.explain(
                refusal,
                "queue",
                OptionalLong.of(1),
                true,
                kernel(NetAdmin.MISSING),
            ) shouldBeSameInstanceAs
                refusal
        }
    })
