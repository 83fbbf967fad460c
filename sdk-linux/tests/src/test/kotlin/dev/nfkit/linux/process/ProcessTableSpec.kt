// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.process

import dev.nfkit.process.ProcessInfo
import dev.nfkit.process.UnknownReason
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.nio.file.Files
import java.time.Duration
import java.util.Optional
import kotlin.random.Random

private const val INODE = 77L
private const val SECOND = 1_000_000_000L

private fun withTree(body: (ProcTree, ProcessTable) -> Unit) = withTree { tree, table, _ -> body(tree, table) }

/** Runs with a clock that stands still unless the test moves it by nanoseconds. */
private fun withTree(body: (ProcTree, ProcessTable, (Long) -> Unit) -> Unit) {
    var now = 0L
    ProcTree().use { tree -> body(tree, ProcessTable(tree.root) { now }) { now += it } }
}

/** Searches for a socket that stays. */
private fun ProcessTable.find(
    inode: Long,
    uid: Long,
) = find<RuntimeException>(inode, uid) { true }

private fun ProcessTable.pid(inode: Long = INODE) = find(inode, 1000).process()?.pid()

private fun ProcessTable.name(inode: Long = INODE) = find(inode, 1000).process()?.name()

private fun ProcessTable.reason(inode: Long = INODE) = find(inode, 1000).reason()

/** What a process sees of others, and the reason that follows. */
private class Sight(
    val name: String,
    val reason: UnknownReason,
    val prepare: (ProcTree) -> Unit,
)

class ProcessTableSpec :
    FunSpec({
        test("a process is found by the inode of its socket, with all that /proc has about it") {
            withTree { tree, table ->
                tree
                    .process(1, "init")
                    .process(812)
                    .file(812, 0, "/dev/null")
                    .socket(812, 3, INODE)
                    .socket(812, 4, 78)
                table.find(INODE, 1000).process() shouldBe
                    ProcessInfo(
                        812,
                        Duration.ofSeconds(5),
                        "curl",
                        Optional.of("/usr/bin/curl"),
                        listOf("curl", "-v"),
                        1000,
                        Optional.of("/system.slice/web.service"),
                    )
                table.pid(78) shouldBe 812
                table.reason(79) shouldBe UnknownReason.KERNEL
            }
        }

        test("a name with parentheses, spaces and line breaks is read") {
            withTree { tree, table ->
                tree.process(812, "a) S (1\n2", executable = "/bin/x", arguments = "").socket(812, 3, INODE)
                table.name() shouldBe "a) S (1\n2"
                table
                    .find(INODE, 0)
                    .process()
                    ?.commandLine()
                    ?.size shouldBe 0
            }
        }

        test("arguments that are empty stay, and the command line is cut at 4096 bytes") {
            withTree { tree, table ->
                tree.process(812, arguments = "a\u0000\u0000b\u0000").socket(812, 3, INODE)
                table.find(INODE, 0).process()?.commandLine() shouldBe listOf("a", "", "b")
                tree.process(813, "long", arguments = "x".repeat(5000)).socket(813, 3, 78)
                table.find(78, 0).process()?.commandLine() shouldBe listOf("x".repeat(4096))
            }
        }

        test("a socket that moved to another process is found there") {
            withTree { tree, table ->
                tree.process(812).socket(812, 3, INODE).process(813, "worker")
                table.name() shouldBe "curl"
                tree.close(812, 3)
                tree.socket(813, 9, INODE)
                table.name() shouldBe "worker"
            }
        }

        test("a pid that belongs to another process by now is not taken for the one before") {
            withTree { tree, table ->
                tree.process(812).socket(812, 3, INODE)
                table.name() shouldBe "curl"
                tree.end(812)
                tree.process(812, "sshd", start = 900).socket(812, 3, 99)
                table.name() shouldBe null
                table.name(99) shouldBe "sshd"
            }
        }

        test("a process that starts another program is described anew at once") {
            withTree { tree, table ->
                tree.process(812, "sh").socket(812, 3, INODE)
                table.name() shouldBe "sh"
                tree.process(812, "curl")
                table.name() shouldBe "curl"
                tree.process(812, "curl", stack = 8, arguments = "curl\u0000other\u0000")
                table.find(INODE, 1000).process()?.commandLine() shouldBe listOf("curl", "other")
            }
        }

        test("what a process can change is read again after a second") {
            withTree { tree, table, pass ->
                tree.process(812, uid = 0).socket(812, 3, INODE)
                table.find(INODE, 1000).process()?.uid() shouldBe 0
                tree.process(812, uid = 33)
                pass(SECOND - 1)
                table.find(INODE, 1000).process()?.uid() shouldBe 0
                pass(1)
                table.find(INODE, 1000).process()?.uid() shouldBe 33
            }
        }

        test("the new socket of a known process is found, far from the one before") {
            withTree { tree, table ->
                tree.process(812).socket(812, 3, INODE)
                table.pid() shouldBe 812
                tree.socket(812, 4, 78).socket(812, 500, 79)
                table.pid(78) shouldBe 812
                table.pid(79) shouldBe 812
            }
        }

        test("a search without result is valid for a second") {
            withTree { tree, table, pass ->
                table.reason() shouldBe UnknownReason.KERNEL
                tree.process(812).socket(812, 3, INODE)
                pass(SECOND - 1)
                table.reason() shouldBe UnknownReason.KERNEL
                pass(1)
                table.pid() shouldBe 812
            }
        }

        test("a search ends when its socket has ended, and is not remembered") {
            withTree { tree, table ->
                var questions = 0
                tree.process(1, uid = 5)
                repeat(40) { tree.process(100 + it, uid = 5).socket(100 + it, 3, 1000L + it) }
                val result = table.find<RuntimeException>(INODE, 5) { ++questions < 2 }
                result.reason() shouldBe UnknownReason.ENDED
                questions shouldBe 2
                tree.socket(1, 3, INODE)
                table.pid() shouldBe 1
            }
        }

        test("the processes that were started last are searched first, and threads are none") {
            withTree { tree, table ->
                tree.process(900).socket(900, 3, 50)
                tree.process(812).socket(812, 3, INODE)
                tree.process(815, tgid = 812).socket(815, 3, INODE)
                tree.lastPid(820)
                table.find<RuntimeException>(INODE, 1000) { error("a search of all asks") }.process()?.pid() shouldBe
                    812
            }
        }

        test("pids are in the order in which they were given, the last one first") {
            ProcTree().use { tree ->
                listOf(5, 30_000, 400, 12).forEach { tree.process(it) }
                tree.lastPid(400)
                ProcessFiles(tree.root).pids().toList() shouldBe listOf(400, 12, 5, 30_000)
            }
        }

        test("a search ends at its limit of descriptors") {
            ProcTree().use { tree ->
                tree.process(812)
                repeat(4) { tree.socket(812, 3 + it, 100L + it) }
                tree.process(4).socket(4, 3, INODE)
                ProcessTable(tree.root, { 0L }, 3).reason() shouldBe UnknownReason.LIMIT
                ProcessTable(tree.root, { 0L }, 6).pid() shouldBe 4
            }
        }

        context("a socket without a process is the kernel's only if all processes can be seen") {
            val hiding = "24 29 0:22 / /proc rw - proc proc rw,hidepid="
            val powerless = "Name:\tjava\nCapEff:\t0000000000001000\n"
            withData(
                nameFn = { it.name },
                Sight("nothing is hidden", UnknownReason.KERNEL) {},
                Sight("hidepid without CAP_SYS_PTRACE", UnknownReason.NO_PERMISSION) {
                    it.own("mountinfo", hiding + "invisible\n")
                    it.own("status", powerless)
                },
                Sight("hidepid with CAP_SYS_PTRACE", UnknownReason.KERNEL) {
                    it.own("mountinfo", hiding + "2\n")
                },
                Sight("hidepid=0", UnknownReason.KERNEL) {
                    it.own("mountinfo", hiding + "0\n")
                    it.own("status", powerless)
                },
                Sight("another pid namespace", UnknownReason.OTHER_PID_NAMESPACE) { it.ownPid("pid:[4026532201]") },
            ) { sight ->
                withTree { tree, table ->
                    sight.prepare(tree)
                    table.reason() shouldBe sight.reason
                }
            }
        }

        test("processes without files, and files that are cut, are passed over") {
            withTree { tree, table ->
                tree.process(812).socket(812, 3, INODE)
                val stat = tree.root.resolve("812/stat")
                val whole = Files.readString(stat)
                for (length in 0..whole.length step 7) {
                    Files.writeString(stat, whole.take(length))
                    table.find(INODE, 1000)
                }
                Files.writeString(stat, whole.replace(" 500 ", " x "))
                table.pid() shouldBe null
                Files.createDirectories(tree.root.resolve("99"))
                Files.createDirectories(tree.root.resolve("1x"))
                Files.writeString(tree.root.resolve("uptime"), "1 2")
                tree
                    .process(900)
                    .file(900, 3, "socket:[]")
                    .file(900, 4, "socket:[9z]")
                    .file(900, 5, "socket:[78")
                table.reason(78) shouldBe UnknownReason.KERNEL
            }
        }

        test("files of any contents cause no exception") {
            val random = Random(4)
            withTree { tree, table, pass ->
                tree.process(812).socket(812, 3, INODE)
                val whole =
                    listOf("stat", "status", "cgroup", "cmdline").associateWith {
                        Files.readAllBytes(tree.root.resolve("812/$it"))
                    }
                var found = 0
                repeat(300) {
                    for ((name, bytes) in whole) {
                        val changed =
                            bytes.copyOf(
                                if (random.nextInt(4) ==
                                    0
                                ) {
                                    random.nextInt(bytes.size)
                                } else {
                                    bytes.size
                                },
                            )
                        repeat(random.nextInt(3)) {
                            if (changed.isNotEmpty()) {
                                changed[random.nextInt(changed.size)] =
                                    if (random.nextBoolean()) '9'.code.toByte() else random.nextInt().toByte()
                            }
                        }
                        Files.write(tree.root.resolve("812/$name"), changed)
                    }
                    pass(SECOND)
                    if (table.find(INODE, 1000).process()?.toString() != null) found++
                }
                found shouldBeGreaterThan 50
                Files.writeString(
                    tree.root.resolve("812/stat"),
                    whole.getValue("stat").decodeToString().replace(" 500 ", " ${Long.MAX_VALUE} "),
                )
                pass(SECOND)
                table.pid() shouldBe null
            }
        }

        test("of several control groups, version 2 comes first, then systemd's, then the longest") {
            fun path(text: String) = CgroupFile.path(text).orElse(null)
            path("0::/a\n1:name=systemd:/b\n2:cpu:/c/d\n") shouldBe "/a"
            path("0::/\n1:name=systemd:/b\n2:cpu:/c/d\n") shouldBe "/b"
            path("0::/\n1:name=systemd:/\n2:cpu:/c\n3:memory:/c/d\n") shouldBe "/c/d"
            path("0::/\n") shouldBe "/"
            path("0::/a:b\n") shouldBe "/a:b"
            path("") shouldBe null
            path("0::\nx\n::") shouldBe null
        }
    })
