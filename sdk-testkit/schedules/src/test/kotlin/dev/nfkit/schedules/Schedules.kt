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
import java.util.logging.Level
import java.util.logging.Logger
import kotlin.random.Random
import org.pastalab.fray.runtime.Runtime as Controlled

/** Schedules of each property at most; `-Dnfkit.schedules` sets it, and lifts the bound of time. */
private val DEMANDED: Int? = System.getProperty("nfkit.schedules").orEmpty().toIntOrNull()

private val COUNT: Int = DEMANDED ?: 300

/** A build tries as many schedules of each property as there is time for, and these at least. */
private const val LEAST = 20

private val TIME_NANOS = TimeUnit.SECONDS.toNanos(if (DEMANDED == null) 4 else Long.MAX_VALUE)

/** The only schedule to run; `-Dnfkit.schedules.seed` sets it, to repeat a failure. */
private val ONLY: Long? = System.getProperty("nfkit.schedules.seed").orEmpty().toLongOrNull()

/** The seed of the first schedule; `-Dnfkit.schedules.first` sets it, for other schedules than those of each build. */
private val FIRST: Long = System.getProperty("nfkit.schedules.first").orEmpty().toLongOrNull() ?: 1

private val REPORTS: Path = Path.of(System.getProperty("nfkit.schedules.directory", "target/fray"), "reports")

/** Controlled time that a schedule's threads have to end after its body. */
private const val END_MILLIS = 3000L

/** Steps of a schedule after which it counts as endless. */
private const val MOST_STEPS = 60_000

/** Real time after which the scheduler itself is stuck. */
private val STUCK_MILLIS = TimeUnit.MINUTES.toMillis(2)

/** Schedules before those that are counted. */
internal const val WARM_UP = 6

/** Schedules between two collections of garbage, which frees the direct buffers of closed sessions. */
private const val COLLECT_EVERY = 100

/** What time passes at each step: little lets all go on, much lets timeouts come in the middle of everything. */
private val STEPS_NANOS = longArrayOf(1_000, 20_000, 200_000)

/** The log of what is tested is off: it has locks of its own. Kept here, since loggers are held weakly. */
private val LOG: Logger = Logger.getLogger("dev.nfkit").apply { level = Level.OFF }

/** One run of a property under one schedule. Its random choices are the seed's. */
internal class Trial(
    val seed: Long,
) {
    val random = Random(seed)

    fun chance(oneOf: Int): Boolean = random.nextInt(oneOf) == 0

    /** Starts a thread; what it throws fails the schedule. */
    fun thread(
        name: String,
        body: () -> Unit,
    ): Thread = Thread(null, body, name).apply { start() }
}

/**
 * Runs a property under many schedules. All threads that it starts run one at a time, and a seeded scheduler decides at
 * each lock, wait, volatile access and atomic operation which one goes on. Time is the scheduler's, too: it passes a
 * little at each step, and jumps where all threads wait. A schedule fails if an assertion fails or any thread throws, if
 * all threads wait for each other, if it does not end, or if a thread is left at its end.
 */
internal fun explore(
    share: Double = 1.0,
    property: Trial.() -> Unit,
) {
    check(LOG.level == Level.OFF)
    var steps = 0
    var all = 0L
    // The first schedules load classes, which later ones do not: they are no part of what a seed repeats.
    for (seed in -WARM_UP.toLong() until 0) {
        steps = run(seed, steps, property)
    }
    if (ONLY != null) {
        run(ONLY, 0, property)
        return
    }
    val count = (COUNT * share).toInt().coerceAtLeast(1)
    val begun = System.nanoTime()
    var explored = 0
    for (seed in FIRST until FIRST + count) {
        if (explored >= LEAST && System.nanoTime() - begun > TIME_NANOS * share) break
        all += run(seed, steps, property)
        explored++
        if (seed % COLLECT_EVERY == 0L) {
            System.gc()
        }
    }
    report = "$explored schedules of ${all / explored} steps"
}

private var report = ""

/** How much was explored since the last call, in words. */
internal fun takeReport(): String = report.also { report = "" }

/** Runs one schedule; how many steps it took. */
private fun run(
    seed: Long,
    usualSteps: Int,
    property: Trial.() -> Unit,
): Int {
    val context = RunContext(configuration(seed, usualSteps))
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
    main.join(STUCK_MILLIS)
    if (main.isAlive) {
        stuck(seed)
    }
    context.bugFound?.let { throw AssertionError("schedule $seed failed (-Dnfkit.schedules.seed=$seed): $it", it) }
    if (!ended) throw AssertionError("schedule $seed did not end in $MOST_STEPS steps (-Dnfkit.schedules.seed=$seed)")
    if (left.isNotEmpty()) throw AssertionError("schedule $seed left threads (-Dnfkit.schedules.seed=$seed): $left")
    return context.step
}

private fun configuration(
    seed: Long,
    usualSteps: Int,
): Configuration {
    val random = ControlledRandom(mutableListOf(), mutableListOf(), java.util.Random(seed))
    val randomness =
        object : RandomnessProvider {
            override fun getRandomness(): Randomness = random
        }
    val scheduler: Scheduler =
        when (seed.mod(3)) {
            0 -> POSScheduler(random)
            1 -> PCTScheduler(random, 3, usualSteps)
            else -> RandomScheduler(random)
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

/** The scheduler waits for a thread that waits for what it does not control: nothing in this JVM can go on. */
private fun stuck(seed: Long) {
    System.err.println("schedule $seed is stuck")
    Thread.getAllStackTraces().forEach { (thread, frames) ->
        System.err.println("$thread\n" + frames.joinToString("\n") { "    $it" })
    }
    Runtime.getRuntime().halt(1)
}
