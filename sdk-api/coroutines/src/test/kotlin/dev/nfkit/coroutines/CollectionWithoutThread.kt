// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SamplePackets
import kotlinx.coroutines.flow.count
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.runBlocking
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.readLines

private const val GROUP = 30
private const val KIB = 1024L

/**
 * Collects packets in a process whose address space does not hold the stack of one more thread, and prints what comes of it. A
 * process of its own, since the limit is the process's.
 */
internal object CollectionWithoutThread {
    /** Of each thread, by an option of this JVM. */
    const val STACK_MIB = 128

    /** Less than a stack, and enough for what the JVM itself allocates meanwhile. */
    private const val MORE_KIB = 112 * KIB

    @JvmStatic
    fun main(arguments: Array<String>) {
        val kernel = FakeNetfilter()
        limit("${(addressSpaceKib() + MORE_KIB) * KIB}")
        val ofFlow = runCatching { runBlocking { kernel.nflog(GROUP).collect {} } }.exceptionOrNull()
        val ofScope = runCatching { collectOne(kernel) }.exceptionOrNull()
        limit("unlimited")
        println("flow: ${ofFlow?.javaClass?.simpleName}")
        println("scope: ${ofScope?.javaClass?.simpleName}")
        println("sockets: ${kernel.openSockets()}")
        println("collected again: ${collectOne(kernel)}")
    }

    private fun collectOne(kernel: FakeNetfilter): Int =
        runBlocking {
            kernel.useNflog({ group(GROUP) }) {
                kernel.nflog().log(GROUP, SamplePackets.udp4())
                packets.take(1).count()
            }
        }

    private fun addressSpaceKib(): Long {
        val line = Path.of("/proc/self/status").readLines().first { it.startsWith("VmSize:") }
        return line.filter { it.isDigit() }.toLong()
    }

    private fun limit(bytes: String) {
        val pid = ProcessHandle.current().pid().toString()
        val process = ProcessBuilder("prlimit", "--pid", pid, "--as=$bytes:unlimited").inheritIO().start()
        check(process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0) { "prlimit failed" }
    }
}
