// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault

import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.testkit.SampleNflog
import dev.nfkit.testkit.SamplePackets
import io.kotest.core.spec.style.FunSpec
import java.time.Duration
import kotlin.concurrent.thread

private const val GROUP = 30

/** A session of NFLOG with any faults. */
private class LogScenario(
    val scenario: Scenario,
) {
    private val random = scenario.random
    private val sample = SampleNflog.of(SamplePackets.udp4(1, 2, 3))
    private val groups = 1 + random.nextInt(2)
    private var logged = 0L
    private var delivered = 0L

    private fun options(): NflogOptions {
        val options = NflogOptions.builder()
        repeat(groups) { number ->
            options.group(GROUP + number) {
                it
                    .copyRange(256)
                    .bufferSize(8192)
                    .threshold(1 + random.nextInt(8))
                    .timeout(Duration.ofMillis(10))
                    .sequence(random.nextBoolean())
            }
        }
        return options.build()
    }

    fun run() =
        with(scenario) {
            val session = ours { NflogSession.open(transport, options()) }
            if (session != null) {
                repeat(4 + random.nextInt(20)) { step(session) }
                end(session)
                val statistics = session.statistics()
                check(statistics.delivered() == delivered) { "$delivered were delivered, $statistics" }
                if (run.injected().isEmpty() && statistics.discarded() == 0L) {
                    check(delivered == logged) { "$logged were logged, $delivered delivered" }
                }
            }
            ended()
        }

    private fun poll(
        session: NflogSession,
        timeout: Duration,
    ): Int =
        session.poll<Deliberate>({
            delivered++
            it.mark()
            it.payload().length()
            if (scenario.chance(40)) throw Deliberate()
        }, timeout)

    private fun step(session: NflogSession) {
        when (random.nextInt(8)) {
            0, 1, 2 -> repeat(1 + random.nextInt(9)) { log() }
            3, 4 -> scenario.ours { poll(session, Duration.ZERO) }
            5 -> scenario.ours { poll(session, Duration.ofMillis(20)) }
            6 -> scenario.kernel.clock().advance(Duration.ofMillis(random.nextLong(3000)))
            else -> session.wakeup()
        }
    }

    private fun log() {
        if (scenario.kernel.nflog().log(GROUP + random.nextInt(groups), sample)) logged++
    }

    private fun end(session: NflogSession) {
        when (random.nextInt(4)) {
            0 -> {
                session.close()
            }

            1 -> {
                val other = thread(name = "closer") { if (random.nextBoolean()) session.close() else session.stop() }
                scenario.untilEndedBy(other) { poll(session, Duration.ofMillis(20)) }
            }

            else -> {
                session.stop()
                scenario.untilEnd { poll(session, Duration.ofSeconds(1)) }
            }
        }
        session.close()
        check(session.ended())
        check(scenario.ours { poll(session, Duration.ofSeconds(1)) } == -1) { "polled after the end" }
    }
}

class NflogFaultSuiteSpec :
    FunSpec({
        test("with any faults, a session of NFLOG ends, counts what it delivers and throws only documented exceptions")
            .config(timeout = LONG) {
                explore(200) { LogScenario(this).run() }
            }
    })
