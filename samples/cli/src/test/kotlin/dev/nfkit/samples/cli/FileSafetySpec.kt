// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli

import dev.nfkit.trace.Trace
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File
import java.nio.file.Files
import java.nio.file.attribute.PosixFilePermissions

private const val PRECIOUS = "precious"

private fun mode(file: File) = PosixFilePermissions.toString(Files.getPosixFilePermissions(file.toPath()))

private fun File.files() = list().shouldNotBeNull().sorted()

class FileSafetySpec :
    FunSpec({
        test("a command that opens no socket leaves the file of its recording unchanged") {
            val dir = tempdir()
            val good = File(dir, "good.pcapng").apply { writeText(PRECIOUS) }
            for (ring in listOf(emptyList(), listOf("--ring", "1M"))) {
                val args = listOf("record", "-o", good.path) + ring + listOf("--", "capture", "-i", "nfog:30")
                val ran = nfkit(*args.toTypedArray())
                ran.code shouldBe 2
                ran.err shouldContain "nfog:30"
                ran.err shouldContain "nothing was recorded"
                good.readText() shouldBe PRECIOUS
                dir.files() shouldHaveSize 1
            }
        }

        test("a recording that cannot be written is refused before the command runs") {
            val file = File(tempdir(), "missing/trace.pcapng")
            for (ring in listOf(emptyList(), listOf("--ring", "1M"))) {
                val args = listOf("record", "-o", file.path) + ring + listOf("--", "capture", "-i", "nfog:30")
                val ran = nfkit(*args.toTypedArray())
                ran.code shouldBe 2
                ran.err shouldBe
                    "nfkit: ${file.path}: No such file or directory: there is no directory ${file.parent}\n"
            }
        }

        test("an anonymized copy is private and replaces a file, but follows no link") {
            val dir = tempdir()
            val copy = File(dir, "copy.pcapng").apply { writeText(PRECIOUS) }
            nfkit("anonymize", trace("nflog-batched-qthresh").toString(), copy.path).code shouldBe 0
            mode(copy) shouldBe "rw-------"
            val entries = Trace.read(copy.toPath()).entries()
            entries shouldHaveSize Trace.read(trace("nflog-batched-qthresh")).entries().size
            val victim = File(dir, "victim").apply { writeText(PRECIOUS) }
            val link = Files.createSymbolicLink(dir.toPath().resolve("link"), victim.toPath())
            val ran = nfkit("anonymize", copy.path, link.toString())
            ran.code shouldBe 2
            ran.err shouldContain "$link: it is a symbolic link"
            victim.readText() shouldBe PRECIOUS
            dir.files() shouldContainExactly listOf("copy.pcapng", "link", "victim")
        }

        test("a source that is missing or no recording is named in the error, and the file of the copy is unchanged") {
            val dir = tempdir()
            val copy = File(dir, "copy.pcapng").apply { writeText(PRECIOUS) }
            val missing = File(dir, "missing.pcapng")
            val text = File(dir, "text").apply { writeText("no recording at all") }
            for ((source, reason) in listOf(missing to "No such file or directory", text to "expected")) {
                val ran = nfkit("anonymize", source.path, copy.path)
                ran.code shouldBe 2
                ran.err shouldContain "nfkit: ${source.path}: "
                ran.err shouldContain reason
                ran.err shouldNotContain copy.path
                copy.readText() shouldBe PRECIOUS
            }
        }

        test("a source with damage in a later entry leaves the file of the copy unchanged") {
            val dir = tempdir()
            val copy = File(dir, "copy.pcapng").apply { writeText(PRECIOUS) }
            val damaged = File(dir, "damaged.pcap")
            val bytes = Files.readAllBytes(trace("nflog-batched-qthresh"))
            damaged.writeBytes(bytes.copyOf(bytes.size - 3))
            val ran = nfkit("anonymize", damaged.path, copy.path)
            ran.code shouldBe 2
            ran.err shouldContain damaged.path
            copy.readText() shouldBe PRECIOUS
            dir.files() shouldContainExactly listOf("copy.pcapng", "damaged.pcap")
        }

        test("the names of open descriptors work as files") {
            val dir = tempdir()
            val source = trace("nflog-batched-qthresh")
            val size = Trace.read(source).entries().size
            for (name in listOf("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")) {
                val out = File(dir, "out.pcapng")
                val command =
                    (
                        nfkitCommand +
                            listOf(
                                "anonymize",
                                source.toString(),
                                name,
                            )
                    ).joinToString(" ") { "'$it'" }
                val piped = run("sh", "-c", "$command | cat > '${out.path}'")
                piped.err shouldContain "anonymous: $name"
                Trace.read(out.toPath()).entries() shouldHaveSize size
                run("sh", "-c", "$command > '${out.path}'").code shouldBe 0
                Trace.read(out.toPath()).entries() shouldHaveSize size
            }
        }

        test(
            "captures and recordings are private, follow no link, and overwrite a file in place if they must",
        ).config(
            enabledOrReasonIf = live,
        ) {
            val dir = tempdir()
            Netns().use { netns ->
                val capture =
                    listOf("capture", "--netns", netns.name, "-i", "nflog:30", "-a", "duration:0.2", "-q", "-w")
                val record = { file: File -> listOf("record", "-o", file.path, "--") + capture + "-" }
                val ring = { file: File -> listOf("record", "--ring", "1M", "-o", file.path, "--") + capture + "-" }
                val writers = listOf({ file: File -> capture + file.path }, record, ring)
                for (arguments in writers) {
                    val file = File(dir, "out.pcapng").apply { writeText(PRECIOUS) }
                    Files.setPosixFilePermissions(file.toPath(), PosixFilePermissions.fromString("rw-rw-rw-"))
                    run(nfkitCommand + arguments(file)).let { it.code to it.err.contains("symbolic") } shouldBe
                        (0 to false)
                    mode(file) shouldBe "rw-------"
                    run("capinfos", file.path).code shouldBe 0
                    file.delete()
                    val victim = File(dir, "victim").apply { writeText(PRECIOUS) }
                    Files.createSymbolicLink(file.toPath(), victim.toPath())
                    val ran = run(nfkitCommand + arguments(file))
                    ran.code shouldBe 2
                    ran.err shouldContain "${file.path}: it is a symbolic link"
                    victim.readText() shouldBe PRECIOUS
                    file.delete()
                    dir.files() shouldContainExactly listOf("victim")
                }
                // A mount point can be neither replaced nor removed.
                val mounted = File(dir, "mounted.pcapng").apply { writeText(PRECIOUS.repeat(1000)) }
                val command = (nfkitCommand + capture + mounted.path).joinToString(" ") { "'$it'" }
                run(
                    "unshare",
                    "-m",
                    "sh",
                    "-c",
                    "mount --bind '${mounted.path}' '${mounted.path}' && $command",
                ).code shouldBe
                    0
                mode(mounted) shouldBe "rw-------"
                capinfos(mounted) shouldBe 0
                dir.files() shouldContainExactly listOf("mounted.pcapng", "victim")
            }
        }
    })
