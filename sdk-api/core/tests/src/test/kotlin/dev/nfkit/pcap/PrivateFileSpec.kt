// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap

import dev.nfkit.trace.FlightRecorder
import dev.nfkit.trace.Trace
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import java.nio.file.FileSystemException
import java.nio.file.Files
import java.nio.file.LinkOption
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import kotlin.concurrent.thread

private const val OLD = "an older recording, much longer than what is written now"

private fun mode(file: Path) = PosixFilePermissions.toString(Files.getPosixFilePermissions(file))

private fun FileChannel.text(text: String) {
    val bytes = ByteBuffer.wrap(text.toByteArray())
    while (bytes.hasRemaining()) write(bytes)
}

private fun write(
    file: Path,
    text: String,
) = PrivateFile.create(file).use { it.text(text) }

private fun names(directory: Path) =
    directory
        .toFile()
        .list()
        .shouldNotBeNull()
        .toList()

class PrivateFileSpec :
    FunSpec({
        test("a new file can be read only by its owner, from the moment it exists") {
            val file = tempdir().toPath().resolve("new.pcapng")
            PrivateFile.create(file).use {
                mode(file) shouldBe "rw-------"
                it.text("payload")
            }
            Files.readString(file) shouldBe "payload"
            names(file.parent) shouldHaveSize 1
        }

        test("an existing file is replaced: its mode, its other links and its readers do not get the new contents") {
            val dir = tempdir().toPath()
            val file = Files.writeString(dir.resolve("old.pcapng"), OLD)
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"))
            val link = Files.createLink(dir.resolve("hard"), file)
            Files.newInputStream(file).use { reader ->
                write(file, "payload")
                String(reader.readAllBytes()) shouldBe OLD
            }
            mode(file) shouldBe "rw-------"
            Files.readString(file) shouldBe "payload"
            Files.readString(link) shouldBe OLD
        }

        test("a symbolic link is refused, and neither the link nor its target is changed") {
            val dir = tempdir().toPath()
            val victim = Files.writeString(dir.resolve("victim"), OLD)
            for (target in listOf(victim, dir.resolve("missing"))) {
                val link = Files.createSymbolicLink(dir.resolve("to-${target.fileName}"), target)
                for (open in listOf<() -> Any>({ PrivateFile.create(link) }, { PrivateFile.aside(link) })) {
                    shouldThrow<FileSystemException> { open() }.reason shouldContain "symbolic link"
                }
                Files.isSymbolicLink(link) shouldBe true
            }
            Files.readString(victim) shouldBe OLD
            names(dir) shouldContainExactlyInAnyOrder listOf("victim", "to-victim", "to-missing")
        }

        test("a link that appears before a file is published is replaced itself") {
            val dir = tempdir().toPath()
            val victim = Files.writeString(dir.resolve("victim"), OLD)
            val file = dir.resolve("dump")
            PrivateFile.aside(file).use {
                it.channel().text("payload")
                Files.createSymbolicLink(file, victim)
                it.publish()
            }
            Files.readString(victim) shouldBe OLD
            Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) shouldBe true
            Files.readString(file) shouldBe "payload"
        }

        test("a temporary file leaves the existing one unchanged until it is published, and can be written further") {
            val dir = tempdir().toPath()
            val file = Files.writeString(dir.resolve("old.pcapng"), OLD)
            PrivateFile.aside(file).use {
                it.channel().text("pay")
                Files.readString(file) shouldBe OLD
                names(dir).single { name -> name != "old.pcapng" } shouldMatch Regex("""\.nfkit-[0-9a-f]{16}\.part""")
                it.publish()
                Files.readString(file) shouldBe "pay"
                mode(file) shouldBe "rw-------"
                it.channel().text("load")
                it.publish()
            }
            Files.readString(file) shouldBe "payload"
            names(dir) shouldHaveSize 1
        }

        test("a temporary file that is never published is removed") {
            val dir = tempdir().toPath()
            val file = Files.writeString(dir.resolve("old.pcapng"), OLD)
            PrivateFile.aside(file).use { it.channel().text("payload") }
            PrivateFile.aside(dir.resolve("new.pcapng")).close()
            Files.readString(file) shouldBe OLD
            names(dir) shouldHaveSize 1
        }

        test("a directory and a missing directory are refused by the given name") {
            val dir = tempdir().toPath()
            shouldThrow<FileSystemException> { PrivateFile.create(dir) }.message shouldBe "$dir: Is a directory"
            val missing = dir.resolve("missing/new.pcapng")
            shouldThrow<NoSuchFileException> { PrivateFile.create(missing) }.file shouldBe missing.toString()
        }

        test("the error of a failed rename has the place of the written data") {
            val dir = tempdir().toPath()
            val file = dir.resolve("dump")
            val message =
                PrivateFile.aside(file).use {
                    it.channel().text("payload")
                    Files.createDirectories(file.resolve("in-the-way"))
                    shouldThrow<FileSystemException> { it.publish() }.message.shouldNotBeNull()
                }
            message shouldContain "$file: it could not be replaced"
            Files.readString(Path.of(message.substringAfter("what was written is in "))) shouldBe "payload"
        }

        test("a FIFO is written to directly") {
            val fifo = tempdir().toPath().resolve("fifo")
            ProcessBuilder("mkfifo", "-m", "644", fifo.toString()).start().waitFor() shouldBe 0
            var read = ""
            val reader = thread { read = Files.readString(fifo) }
            write(fifo, "payload")
            reader.join()
            read shouldBe "payload"
            mode(fifo) shouldBe "rw-r--r--"
        }

        test("a flight recorder's dump is private, replaces the previous dump, and follows no link") {
            val dir = tempdir().toPath()
            val recorder = FlightRecorder(1 shl 20, ByteOrder.nativeOrder(), "spec")
            val dump = Files.writeString(dir.resolve("dump.pcapng"), OLD)
            recorder.dump(dump)
            mode(dump) shouldBe "rw-------"
            Trace.read(dump).entries() shouldHaveSize 1
            val victim = Files.writeString(dir.resolve("victim"), OLD)
            val link = Files.createSymbolicLink(dir.resolve("link"), victim)
            shouldThrow<FileSystemException> { recorder.dump(link) }
            Files.readString(victim) shouldBe OLD
            names(dir) shouldHaveSize 3
        }
    })
