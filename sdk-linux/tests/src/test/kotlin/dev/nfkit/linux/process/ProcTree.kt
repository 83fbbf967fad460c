// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.process

import java.nio.file.Files
import java.nio.file.Path

/** A directory like `/proc`, for the duration of a test. */
internal class ProcTree : AutoCloseable {
    val root: Path = Files.createTempDirectory("nfkit-proc")

    init {
        own("status", "Name:\tjava\nCapEff:\t0000003fffffffff\n")
        own("mountinfo", "24 29 0:22 / /proc rw,nosuid shared:5 - proc proc rw\n")
        ownPid("pid:[4026531836]")
    }

    /** Makes or changes a process. */
    fun process(
        pid: Int,
        name: String = "curl",
        start: Long = 500,
        uid: Long = 1000,
        stack: Long = 7,
        cgroup: String = "0::/system.slice/web.service\n",
        arguments: String = "$name\u0000-v\u0000",
        executable: String = "/usr/bin/$name",
        tgid: Int = pid,
    ): ProcTree {
        val home = Files.createDirectories(root.resolve("$pid/fd")).parent
        val fields = MutableList(50) { "0" }
        fields[0] = "S"
        fields[19] = "$start"
        fields[25] = "$stack"
        write(home, "stat", "$pid ($name) ${fields.joinToString(" ")}\n")
        write(home, "cmdline", arguments)
        write(home, "cgroup", cgroup)
        write(home, "status", "Name:\t$name\nTgid:\t$tgid\nUid:\t0\t$uid\t0\t0\nGid:\t0\t0\t0\t0\n")
        link(home.resolve("exe"), executable)
        return this
    }

    /** Gives a process a socket. */
    fun socket(
        pid: Int,
        descriptor: Int,
        inode: Long,
    ): ProcTree = apply { link(root.resolve("$pid/fd/$descriptor"), "socket:[$inode]") }

    /** Gives a process a file that is no socket. */
    fun file(
        pid: Int,
        descriptor: Int,
        target: String,
    ): ProcTree = apply { link(root.resolve("$pid/fd/$descriptor"), target) }

    fun close(
        pid: Int,
        descriptor: Int,
    ) = Files.delete(root.resolve("$pid/fd/$descriptor"))

    fun end(pid: Int) = root.resolve("$pid").toFile().deleteRecursively()

    /** Sets the pid that was given last. */
    fun lastPid(pid: Int) = write(root, "loadavg", "1.00 0.50 0.25 2/80 $pid\n")

    /** Writes a file of this process. */
    fun own(
        name: String,
        text: String,
    ) = write(Files.createDirectories(root.resolve("self")), name, text)

    /** Sets the pid namespace of this process. */
    fun ownPid(target: String) = link(Files.createDirectories(root.resolve("self/ns")).resolve("pid"), target)

    private fun write(
        home: Path,
        name: String,
        text: String,
    ) {
        Files.writeString(home.resolve(name), text)
    }

    private fun link(
        path: Path,
        target: String,
    ) {
        Files.deleteIfExists(path)
        Files.createSymbolicLink(path, Path.of(target))
    }

    override fun close() {
        root.toFile().deleteRecursively()
    }
}
