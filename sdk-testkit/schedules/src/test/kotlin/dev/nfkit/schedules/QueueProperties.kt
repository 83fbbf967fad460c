// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.socket.NetlinkTransport
import io.kotest.core.spec.style.FunSpec
import java.time.Duration

internal val HELD = listOf(Plan.HOLD_AND_ACCEPT, Plan.HOLD_AND_DROP, Plan.ACCEPT, Plan.ACCEPT, Plan.DROP)

/** Most packets are accepted, so that batches are sent, and some are not. */
internal val BATCHES =
    List(8) { Plan.ACCEPT } + listOf(Plan.HOLD_FOR_EVER, Plan.HOLD_AND_ACCEPT, Plan.FORGET, Plan.THROW, Plan.DROP)
internal val ALL = Plan.entries - Plan.DAWDLE_LONG - Plan.HOLD_FAILS - Plan.HOLD_FAILS_AND_ACCEPT
internal val DEADLINE: Duration = Duration.ofMillis(20)

/** Opens a session in a world of its own, runs it on a thread of its own, and checks the final state. */
internal fun Trial.session(
    plans: List<Plan>,
    options: NfqueueOptions.Builder.() -> Unit = {},
    prepare: QueueWorld.() -> Unit = {},
    disturb: (NetlinkTransport) -> NetlinkTransport = { it },
    body: QueueWorld.(NfqueueSession) -> Unit,
): QueueWorld {
    val world = QueueWorld(this, 3 + random.nextInt(6), plans, disturb).apply(prepare)
    val session = world.open(QueueWorld.options().apply(options).build()) ?: return world
    val runner = thread("runner") { world.run(session) }
    world.body(session)
    runner.join()
    world.verify(session.statistics())
    return world
}

/** Enqueues the packets in bursts. */
internal fun Trial.traffic(world: QueueWorld) {
    var left = world.plan.size
    while (left > 0) {
        if (chance(3)) Thread.sleep(random.nextLong(2 * DEADLINE.toMillis()))
        val burst = 1 + random.nextInt(left)
        world.enqueue(burst)
        left -= burst
    }
}

internal fun Trial.soon(
    name: String,
    millis: Long,
    body: () -> Unit,
): Thread =
    thread(name) {
        Thread.sleep(random.nextLong(millis))
        body()
    }

/** Verdicts: one for each packet, and none that accepts a packet before it is decided. */
class QueueProperties :
    FunSpec({
        test("each packet gets exactly one verdict, with decider, answers and stop in any order") {
            explore {
                session(HELD) { session ->
                    val answerers = List(2) { thread("answerer-$it") { answerAll(session) } }
                    val stopper = soon("stopper", 30) { session.stop() }
                    traffic(this)
                    (answerers + stopper).forEach { it.join() }
                }.verifyReturned()
            }
        }

        test("each packet gets exactly one verdict, with answers that are sent together") {
            explore {
                session(HELD) { session ->
                    val answerers = List(2) { thread("answerer-$it") { answerTogether(session) } }
                    val stopper = soon("stopper", 30) { session.stop() }
                    traffic(this)
                    (answerers + stopper).forEach { it.join() }
                }.verifyReturned()
            }
        }

        test("each packet gets exactly one verdict, with decider, answers, deadlines and close in any order") {
            explore {
                session(ALL, { deadline(DEADLINE) }) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    val closer =
                        soon("closer", 60) {
                            if (chance(3)) session.stop()
                            session.close()
                        }
                    traffic(this)
                    listOf(answerer, closer).forEach { it.join() }
                }
            }
        }

        test("no batch covers a packet that is undecided, held or dropped") {
            explore {
                session(BATCHES, { if (chance(2)) deadline(DEADLINE) }) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    traffic(this)
                    val stopper = soon("stopper", 60) { session.stop() }
                    listOf(answerer, stopper).forEach { it.join() }
                }
            }
        }

        test("if packets are accepted at the end, none that was dropped is accepted, and none before the end") {
            explore {
                session(ALL, {
                    closeVerdict(Verdict.ACCEPT)
                    if (chance(2)) deadline(DEADLINE)
                }) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    val closer =
                        soon("closer", 60) {
                            open = true
                            if (chance(2)) session.stop() else session.close()
                        }
                    traffic(this)
                    listOf(answerer, closer).forEach { it.join() }
                }
            }
        }

        test("a decider that outlasts a close decides nothing any more") {
            explore(0.5) {
                session(ALL + Plan.DAWDLE_LONG, { if (chance(2)) deadline(DEADLINE) }) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    traffic(this)
                    val closers = List(2) { soon("closer-$it", 60) { session.close() } }
                    (closers + answerer).forEach { it.join() }
                }
            }
        }

        test("a queue that is configured meanwhile keeps its packets and deadlines") {
            explore {
                session(ALL, { if (chance(2)) deadline(DEADLINE) }) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    val askers = List(1 + random.nextInt(2)) { thread("asker-$it") { ask(session, 2) } }
                    traffic(this)
                    val stopper = soon("stopper", 30) { if (chance(2)) session.stop() else session.close() }
                    (askers + answerer + stopper).forEach { it.join() }
                }
            }
        }

        test("handlers and deciders may stop, wake up and close their session, and throw anything") {
            explore {
                session(
                    ALL,
                    { deadline(DEADLINE) },
                    { act = { meddle(it) } },
                ) { session ->
                    val answerer = thread("answerer") { answerAll(session) }
                    traffic(this)
                    val stopper = soon("stopper", 200) { session.stop() }
                    listOf(answerer, stopper).forEach { it.join() }
                }
            }
        }
    })
