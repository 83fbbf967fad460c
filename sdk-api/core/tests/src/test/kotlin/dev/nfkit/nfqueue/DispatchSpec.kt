// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue

import dev.nfkit.Bytes
import dev.nfkit.Errno
import dev.nfkit.NetlinkException
import dev.nfkit.SystemCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder

/** A packet arrives, and its verdict is added. */
private fun VerdictRig.decide(
    dispatch: Dispatch,
    id: Int,
    verdict: Verdict = Verdict.ACCEPT,
    queue: Int = 0,
) {
    val bound = bound[queue]
    bound.ledger.advanceTo(id)
    bound.ledger.begin(id, 0)
    dispatch.add(bound, id, verdict)
}

private fun VerdictRig.sent(dispatch: Dispatch): List<String> {
    dispatch.send()
    return socket.datagrams.flatten().also { socket.datagrams.clear() }
}

class DispatchSpec :
    FunSpec({
        test("no sweep covers a held packet that has left without a verdict") {
            val rig = VerdictRig()
            val dispatch = rig.dispatch(Verdict.ACCEPT)
            val hold = rig.hold(1)
            rig.holds.add(hold)
            dispatch.doubt(0)
            rig.decide(dispatch, 9)
            hold.list.abandon()
            rig.holds.leave(hold)
            rig.sent(dispatch) shouldContainExactly listOf("0: 9 NF_ACCEPT")
        }

        test("a packet that is owed a verdict gets it first, so that the batch of later ones may be sent") {
            val rig = VerdictRig()
            val dispatch = rig.dispatch()
            rig.bound[0].ledger.owe(1, Verdict.DROP)
            dispatch.troubled() shouldBe true
            (2..4).forEach { rig.decide(dispatch, it) }
            rig.sent(dispatch) shouldContainExactly listOf("0: 1 NF_DROP", "0: up to 4 NF_ACCEPT")
            dispatch.troubled() shouldBe false
            rig.sent(dispatch) shouldContainExactly emptyList()
        }

        test(
            "packets in doubt get the failure verdict, up to before the next one received, after that one's verdict",
        ) {
            listOf(Verdict.DROP to "NF_DROP", Verdict.ACCEPT to "NF_ACCEPT").forEach { (failure, name) ->
                val rig = VerdictRig()
                val dispatch = rig.dispatch(failure)
                dispatch.doubt(0)
                rig.sent(dispatch) shouldContainExactly emptyList()
                rig.decide(dispatch, 9)
                rig.sent(dispatch) shouldContainExactly listOf("0: 9 NF_ACCEPT", "0: up to 8 $name")
                (10..12).forEach { rig.decide(dispatch, it) }
                rig.sent(dispatch) shouldContainExactly listOf("0: up to 12 NF_ACCEPT")
            }
        }

        test(
            "packets in doubt that had a verdict are dropped, and so are all if the failure verdict fits no batch",
        ) {
            val payload = Verdict.ACCEPT.payload(Bytes.of(1))
            listOf(Verdict.ACCEPT to true, payload to false, payload to true).forEach { (failure, refused) ->
                val rig = VerdictRig()
                val dispatch = rig.dispatch(failure)
                if (refused) dispatch.doubtRefused(0, 0) else dispatch.doubt(0)
                rig.decide(dispatch, 9)
                rig.sent(dispatch) shouldContainExactly listOf("0: 9 NF_ACCEPT", "0: up to 8 NF_DROP")
            }
        }

        test("a refused verdict puts its queue in doubt, and all queues if its own is unknown") {
            listOf(4 to listOf(4), 0 to listOf(0), 9 to emptyList(), -1 to listOf(4, 0)).forEach { (number, doubtful) ->
                val rig = VerdictRig(queues = listOf(4, 0))
                rig.dispatch().doubtRefused(number, 0)
                rig.bound.filter { it.ledger.sweepDrops() }.map { it.queue } shouldContainExactly doubtful
            }
        }

        test("verdicts that could not be sent are sent again, and each attempt counts as a failure") {
            val rig = VerdictRig()
            val dispatch = rig.dispatch()
            var noticed = 0
            dispatch.onUnsent { noticed++ }
            (1..3).forEach { rig.decide(dispatch, it) }
            rig.socket.failAfter = 0
            repeat(2) { shouldThrow<SystemCallException> { dispatch.send() } }
            dispatch.unsent() shouldBe true
            dispatch.troubled() shouldBe true
            dispatch.sendFailures() shouldBe 2
            noticed shouldBe 2
            rig.socket.failAfter = Int.MAX_VALUE
            rig.sent(dispatch) shouldContainExactly listOf("0: up to 3 NF_ACCEPT")
            dispatch.unsent() shouldBe false
            dispatch.countFailure()
            dispatch.sendFailures() shouldBe 3
            noticed shouldBe 2
        }

        test("a verdict without space because a send fails is owed, and is sent once") {
            val rig = VerdictRig(limit = 2_000)
            val dispatch = rig.dispatch()
            rig.socket.failAfter = 0
            val verdict = Verdict.ACCEPT.payload(Bytes.of(*ByteArray(1000)))
            rig.decide(dispatch, 1, verdict)
            rig.decide(dispatch, 2, verdict)
            rig.bound[0].ledger.open() shouldBe false
            dispatch.unsent() shouldBe true
            dispatch.sendFailures() shouldBe 1
            rig.socket.failAfter = Int.MAX_VALUE
            rig.sent(dispatch) shouldContainExactly (1..2).map { "0: $it NF_ACCEPT payload 1000" }
        }

        test("a verdict beyond the send buffer is refused, and its packet stays open") {
            val rig = VerdictRig(limit = 2_000)
            val dispatch = rig.dispatch()
            val large = Verdict.ACCEPT.payload(Bytes.of(*ByteArray(3000)))
            dispatch.canSend(large) shouldBe false
            dispatch.canSend(Verdict.ACCEPT) shouldBe true
            shouldThrow<NetlinkException> { rig.decide(dispatch, 1, large) }
            rig.bound[0].ledger.open() shouldBe true
            dispatch.unsent() shouldBe false
        }

        test("the close verdict applies to all waiting packets, but not in a queue with a different decision") {
            val rig = VerdictRig(queues = listOf(4, 9, 2))
            val dispatch = rig.dispatch()
            rig.decide(dispatch, 7, Verdict.DROP, 0)
            dispatch.send()
            rig.socket.datagrams.clear()
            rig.bound[1].ledger.owe(3, Verdict.DROP)
            dispatch.sendToRest(Verdict.ACCEPT)
            val all = 0x3fff_ffffL
            rig.socket.datagrams.flatten() shouldContainExactly
                listOf("4: up to ${8 + all} NF_ACCEPT", "2: up to ${1 + all} NF_ACCEPT")
        }

        test("no datagram is larger than the send buffer where many queues are in doubt or get the close verdict") {
            val queues = 0..39
            val rig = VerdictRig(limit = 300, queues = queues.toList())
            val dispatch = rig.dispatch()
            dispatch.doubt(0)
            queues.forEach { rig.decide(dispatch, 9, queue = it) }
            dispatch.send()
            dispatch.sendToRest(Verdict.ACCEPT)
            rig.socket.datagrams
                .flatten()
                .size shouldBe 3 * 40
            rig.socket.datagrams.forEach { it.size shouldBeLessThanOrEqual 300 / 32 }
        }

        test("locks are left, so that another thread can have a verdict refused and send") {
            val rig = VerdictRig()
            val dispatch = rig.dispatch()
            dispatch.countFailure()
            dispatch.doubt(0)
            dispatch.doubtRefused(0, 0)
            dispatch.lock.isLocked shouldBe false
        }

        test("a single verdict is written at once, before the runs") {
            val rig = VerdictRig()
            val dispatch = rig.dispatch()
            (1..3).forEach { rig.decide(dispatch, it) }
            dispatch.single(0, 9, Verdict.DROP)
            rig.sent(dispatch) shouldContainExactly listOf("0: 9 NF_DROP", "0: up to 3 NF_ACCEPT")
        }

        test("added verdicts are discarded once the socket is closed") {
            val rig = VerdictRig()
            val dispatch = rig.dispatch()
            dispatch.discard() shouldBe false
            (1..3).forEach { rig.decide(dispatch, it) }
            rig.socket.failAfter = 0
            shouldThrow<SystemCallException> { dispatch.send() }
            dispatch.discard() shouldBe true
            dispatch.unsent() shouldBe false
            dispatch.discard() shouldBe false
            Dispatch.isClosed(SystemCallException("send", Errno.EBADF, null)) shouldBe true
            Dispatch.isClosed(SystemCallException("send", Errno.ENOBUFS, null)) shouldBe false
        }

        test("a packet that the deadline has decided is owed nothing more") {
            val rig = VerdictRig()
            val received = Received(ByteOrder.LITTLE_ENDIAN) { 0 }
            received.take(batchOf(1, 2))
            received.expire(received.firstUndecided())
            val dispatch = rig.dispatch(received = received)
            (1..2).forEach { rig.bound[0].ledger.owe(it, Verdict.DROP) }
            rig.sent(dispatch) shouldContainExactly listOf("0: 2 NF_DROP")
            dispatch.troubled() shouldBe false
        }
    })
