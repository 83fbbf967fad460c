// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueWorkers
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.readLines

/**
 * Runs workers in a process whose address space has space for the stacks of only some of their threads, and prints the
 * result. The process is separate, since the limit applies to the process.
 */
internal object WorkersWithoutThreads {
    /** The stack size of each thread, by an option of this JVM. */
    const val STACK_MIB = 64

    private const val QUEUES = 8
    private const val MIB = 1L shl 20

    /** Space for some stacks, and for everything else. */
    private const val MORE_BYTES = (4 * STACK_MIB + 48) * MIB

    @JvmStatic
    fun main(arguments: Array<String>) {
        val kernel = FakeNetfilter()
        val options = NfqueueOptions.builder().queues(0, QUEUES - 1) { }.build()
        val workers = NfqueueWorkers.open(kernel, options)
        val decider = Decider<Exception> { Verdict.ACCEPT }
        workers.sessions()[0].poll(decider, java.time.Duration.ZERO) // loads classes
        limit("${addressSpace() + MORE_BYTES}")
        val failure = runCatching { workers.run(decider) }.exceptionOrNull()
        limit("unlimited")
        println("thrown: ${failure?.javaClass?.simpleName}")
        println("threads: ${Thread.getAllStackTraces().keys.count { it.name.startsWith("nfqueue-") }}")
        println("ended: ${workers.sessions().count { it.ended() }}")
        repeat(QUEUES) { kernel.nfqueue().enqueue(it, SamplePackets.udp4()) }
        workers.stop()
        println("decided when run again: ${workers.run(decider)}")
        workers.close()
        println("sockets: ${kernel.openSockets()}")
    }

    private fun addressSpace(): Long {
        val line = Path.of("/proc/self/status").readLines().first { it.startsWith("VmSize:") }
        return line.filter { it.isDigit() }.toLong() * 1024
    }

    private fun limit(bytes: String) {
        val pid = ProcessHandle.current().pid().toString()
        val process = ProcessBuilder("prlimit", "--pid", pid, "--as=$bytes:unlimited").inheritIO().start()
        check(process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0) { "prlimit failed" }
    }
}
