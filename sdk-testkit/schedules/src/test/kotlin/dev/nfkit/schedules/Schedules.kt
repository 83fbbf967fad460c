// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import org.pastalab.fray.core.RunContext
import org.pastalab.fray.core.command.Configuration
import org.pastalab.fray.core.command.ExecutionInfo
import org.pastalab.fray.core.command.LambdaExecutor
import org.pastalab.fray.core.command.NetworkDelegateType
import org.pastalab.fray.core.command.SystemTimeDelegateType
import org.pastalab.fray.core.delegates.DelegateSynchronizer
import org.pastalab.fray.core.delegates.RuntimeDelegate
import org.pastalab.fray.core.randomness.ControlledRandom
import org.pastalab.fray.core.randomness.Randomness
import org.pastalab.fray.core.randomness.RandomnessProvider
import org.pastalab.fray.core.scheduler.PCTScheduler
import org.pastalab.fray.core.scheduler.POSScheduler
import org.pastalab.fray.core.scheduler.RandomScheduler
import org.pastalab.fray.core.scheduler.Scheduler
import org.pastalab.fray.rmi.ThreadState
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.random.Random
import org.pastalab.fray.runtime.Runtime as Controlled

/** The maximum number of schedules of each property; `-Dnfkit.schedules` sets it, and removes the time limit. */
private val DEMANDED: Int? = System.getProperty("nfkit.schedules").orEmpty().toIntOrNull()

private val COUNT: Int = DEMANDED ?: 300

/** A build tries as many schedules of each property as there is time for, but at least this number. */
private const val LEAST = 20

private val TIME_NANOS = TimeUnit.SECONDS.toNanos(if (DEMANDED == null) 2 else Long.MAX_VALUE)

/** The only schedule to run; `-Dnfkit.schedules.seed` sets it, to repeat a failure. */
private val ONLY: Long? = System.getProperty("nfkit.schedules.seed").orEmpty().toLongOrNull()

/** The seed of the first schedule; `-Dnfkit.schedules.first` sets it, for other schedules than those of each build. */
private val FIRST: Long = System.getProperty("nfkit.schedules.first").orEmpty().toLongOrNull() ?: 1

private val REPORTS: Path = Path.of(System.getProperty("nfkit.schedules.directory", "target/fray"), "reports")

/** The controlled time in which a schedule's threads must end after its body. */
private const val END_MILLIS = 3000L

/** The number of steps after which a schedule counts as endless. */
private const val MOST_STEPS = 60_000

/** The scheduler itself is stuck if it takes no step in this number of slices of real time in which this process ran. */
private const val STUCK_SLICES = 24
private const val SLICE_MILLIS = 5_000L

/** The number of schedules before those that are counted. */
internal const val WARM_UP = 6

/** Schedules of which one is run again: it must go the same way, or a failure would not be repeated by its seed. */
private const val REPEAT_EVERY = 10

/** How often it is run again at most. In one of some 600 the JVM, which has run others meanwhile, makes a difference once. */
private const val REPEATS = 3

/** The number of schedules of a property that may differ each time they are run again, for the same reason. */
private const val MOST_UNREPEATED = 1

/** How often the only schedule is run, for the same reason. */
private const val ONLY_RUNS = 5

/** The number of schedules between two garbage collections, which free the direct buffers of closed sessions. */
private const val COLLECT_EVERY = 100

/** The number of choices among which threads lose their priority: from this one on, each twice the one before. */
private const val LEAST_HORIZON = 32
private const val HORIZONS = 7

/** The time that passes at each step: with little, all threads proceed; with much, timeouts occur at any point. */
private val STEPS_NANOS = longArrayOf(1_000, 20_000, 200_000)

/** One run of a property under one schedule. Its random choices depend on the seed. */
internal class Trial(
    val seed: Long,
) {
    val random = Random(seed)

    fun chance(oneOf: Int): Boolean = random.nextInt(oneOf) == 0

    /** Starts a thread. What it throws fails the schedule. */
    fun thread(
        name: String,
        body: () -> Unit,
    ): Thread = Thread(null, body, name).apply { start() }
}

/**
 * Runs a property under many schedules. All threads that it starts run one at a time, and a seeded scheduler decides at
 * each lock, wait, volatile access and atomic operation which one proceeds. The scheduler also controls time: it
 * advances a little at each step, and jumps if all threads wait. A schedule fails if an assertion fails or any thread
 * throws, if all threads wait for each other, if it does not end, or if a thread is left at its end.
 */
internal fun explore(
    share: Double = 1.0,
    property: Trial.() -> Unit,
) {
    check(System.LoggerFinder.getLoggerFinder() is SilentLog) { "the log has locks" }
    var all = 0L
    // The first schedules load classes, which later ones do not, so a seed could not repeat them.
    for (seed in -WARM_UP.toLong() until 0) {
        run(seed, property)
    }
    if (ONLY != null) {
        repeat(ONLY_RUNS) { run(ONLY, property) }
        return
    }
    val count = (COUNT * share).toInt().coerceAtLeast(1)
    val begun = System.nanoTime()
    var explored = 0
    var unrepeated = 0
    for (seed in FIRST until FIRST + count) {
        if (explored >= LEAST && System.nanoTime() - begun > TIME_NANOS * share) break
        val choices = run(seed, property)
        if (explored % REPEAT_EVERY == 0) {
            differenceOnRepeat(seed, choices, property)?.let {
                unrepeated++
                if (unrepeated > MOST_UNREPEATED) throw AssertionError("schedule $seed does not repeat: $it")
                println("schedule $seed does not repeat: $it")
            }
        }
        all += choices.size
        explored++
        if (seed % COLLECT_EVERY == 0L) {
            System.gc()
        }
    }
    report = "$explored schedules of ${all / explored} choices"
}

/** Runs a schedule again, until two runs in succession go the same way; how the last two differ if none do. */
private fun differenceOnRepeat(
    seed: Long,
    first: Choices,
    property: Trial.() -> Unit,
): String? {
    var before = first
    var difference: String? = null
    repeat(REPEATS) {
        val next = run(seed, property)
        difference = before.differenceFrom(next) ?: return null
        before = next
    }
    return difference
}

private var report = ""

/** Describes how much was explored since the last call. */
internal fun takeReport(): String = report.also { report = "" }

/** Runs one schedule. */
private fun run(
    seed: Long,
    property: Trial.() -> Unit,
): Choices {
    val random = ControlledRandom(mutableListOf(), mutableListOf(), java.util.Random(seed))
    val scheduler = RecordedScheduler(scheduler(seed, random))
    val context = RunContext(configuration(seed, random, scheduler))
    var ended = false
    var left = emptyList<String>()
    val main =
        Thread({
            val synchronizer = DelegateSynchronizer(context)
            Controlled.NETWORK_DELEGATE = NetworkDelegateType.NONE.produce(context, synchronizer)
            Controlled.LOCK_DELEGATE = RuntimeDelegate(context, synchronizer)
            try {
                Controlled.start()
                Trial(seed).property()
                left = threadsLeft(context)
                ended = true
            } catch (e: Throwable) {
                Controlled.onReportError(e)
            } finally {
                Controlled.onMainExit()
                context.shutDown()
            }
        }, "main-$seed")
    main.start()
    if (!ends(main) { context.step }) {
        stuck(seed)
    }
    context.bugFound?.let { throw AssertionError("schedule $seed failed (-Dnfkit.schedules.seed=$seed): $it", it) }
    if (!ended) throw AssertionError("schedule $seed did not end in $MOST_STEPS steps (-Dnfkit.schedules.seed=$seed)")
    if (left.isNotEmpty()) throw AssertionError("schedule $seed left threads (-Dnfkit.schedules.seed=$seed): $left")
    return scheduler.choices
}

/** Waits for the end of a schedule; false if it takes no steps any more. */
private fun ends(
    main: Thread,
    steps: () -> Int,
): Boolean {
    var before = -1
    var slices = 0
    while (main.isAlive && slices < STUCK_SLICES) {
        main.join(SLICE_MILLIS)
        slices = if (steps() == before) slices + 1 else 0
        before = steps()
    }
    return !main.isAlive
}

private fun scheduler(
    seed: Long,
    random: Randomness,
): Scheduler =
    when (seed.mod(3)) {
        0 -> POSScheduler(random)

        // A seed alone repeats a schedule, so that the lengths of those before it are not used here.
        1 -> PCTScheduler(random, 3, LEAST_HORIZON shl (seed / 3).mod(HORIZONS))

        else -> RandomScheduler(random)
    }

private fun configuration(
    seed: Long,
    random: Randomness,
    scheduler: Scheduler,
): Configuration {
    val randomness =
        object : RandomnessProvider {
            override fun getRandomness(): Randomness = random
        }
    return Configuration(
        ExecutionInfo(LambdaExecutor {}, false, false, MOST_STEPS),
        REPORTS,
        1,
        Int.MAX_VALUE,
        scheduler,
        randomness,
        fullSchedule = false,
        exploreMode = false,
        noExitWhenBugFound = true,
        isReplay = true, // nothing is recorded: the seed repeats it
        noFray = false,
        dummyRun = false,
        networkDelegateType = NetworkDelegateType.NONE,
        systemTimeDelegateType = SystemTimeDelegateType.MOCK,
        virtualTimeDelta = STEPS_NANOS[(seed / 3).mod(STEPS_NANOS.size)],
        ignoreTimedBlock = false,
        sleepAsYield = false,
        resetClassLoader = false,
        redirectStdout = false,
        abortThreadExecutionAfterMainExit = true,
        resolveRacingOperationStackTraceHash = false,
        timelineCoverageType = null,
    )
}

private fun threadsLeft(context: RunContext): List<String> {
    val left = {
        context.registeredThreads.values.filter {
            it.state != ThreadState.Completed &&
                it.thread !== Thread.currentThread()
        }
    }
    if (left().isEmpty()) return emptyList()
    Thread.sleep(END_MILLIS)
    return left().map { "${it.thread.name} ${it.thread.stackTrace.take(12)}" }
}

/** The scheduler waits for a thread that waits for something uncontrolled: nothing in this JVM can proceed. */
private fun stuck(seed: Long) {
    System.err.println("schedule $seed is stuck")
    Thread.getAllStackTraces().forEach { (thread, frames) ->
        System.err.println("$thread\n" + frames.joinToString("\n") { "    $it" })
    }
    Runtime.getRuntime().halt(1)
}
