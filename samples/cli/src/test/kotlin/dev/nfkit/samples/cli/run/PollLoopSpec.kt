// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.run

import dev.nfkit.netfilter.NetfilterSession
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Duration

/** A session that delivers packets without pauses for [polls] polls, and then ends. */
private class SteadyTraffic(
    private val polls: Int,
) : PollLoop.Work {
    val done = mutableListOf<String>()
    private var polled = 0

    override fun session(): NetfilterSession = error("polls, stops and ends by itself")

    override fun poll(timeout: Duration): Int = if (polled++ < polls) 1 else -1

    override fun dirty() = true

    override fun flush() {
        done += "flush"
    }

    override fun look(now: Long) {
        done += "look"
    }

    override fun stop() {
        done += "stop"
    }
}

class PollLoopSpec :
    FunSpec({
        test("output is flushed after its interval even if packets never pause") {
            val traffic = SteadyTraffic(3)
            PollLoop.run(traffic, 0, 0)
            traffic.done shouldContainExactly listOf("flush", "look", "flush", "look", "flush", "look")
        }

        test("output is not flushed before its interval has passed while packets arrive") {
            val traffic = SteadyTraffic(3)
            PollLoop.run(traffic, Long.MAX_VALUE, 0)
            traffic.done shouldContainExactly listOf("look", "look", "look")
        }

        test("a run of limited length asks the session to stop, once") {
            val traffic = SteadyTraffic(3)
            PollLoop.run(traffic, Long.MAX_VALUE, 1)
            traffic.done.count { it == "stop" } shouldBe 1
        }
    })
