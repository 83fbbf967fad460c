// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka.spool

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.checkAll
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import java.nio.file.attribute.PosixFilePermissions
import java.time.Duration
import java.time.Instant
import kotlin.random.Random

private const val MIB = 1L shl 20

class SpoolSpec :
    FunSpec({
        var now = 0L
        val limits = SpoolLimits(MIB, Duration.ofHours(1))

        fun directory(): Path = tempdir().toPath().resolve("spool")

        fun open(
            directory: Path,
            limit: SpoolLimits = limits,
        ) = Spool.open(directory, limit) { Instant.ofEpochMilli(now) }

        fun Spool.append(number: Int) = append(number % 4, ByteBuffer.allocate(100).putInt(number).array())

        fun Spool.rest() =
            generateSequence { next().orElse(null) }.map { ByteBuffer.wrap(it.content()).getInt() }.toList()

        test("entries are read in the order in which they were appended, with their numbers and kinds") {
            open(directory()).use { spool ->
                repeat(10) { spool.append(it) shouldBe it }
                val entries = generateSequence { spool.next().orElse(null) }.toList()
                entries.map { it.number() } shouldContainExactly (0L..9).toList()
                entries.map { it.kind().toInt() } shouldContainExactly List(10) { it % 4 }
                spool.append(10)
                spool.rest() shouldContainExactly listOf(10)
            }
        }

        test("what is not acknowledged is read again after a restart, and after a seek") {
            val directory = directory()
            open(directory).use { spool ->
                repeat(10) { spool.append(it) }
                spool.rest()
                spool.acknowledge(4)
                spool.seek(7)
                spool.rest() shouldContainExactly listOf(7, 8, 9)
            }
            open(directory).use { spool ->
                spool.acknowledged() shouldBe 4
                spool.rest() shouldContainExactly (4..9).toList()
                spool.append(10) shouldBe 10
                spool.appended(0) shouldBe 3
            }
        }

        test("an acknowledged file is removed") {
            val directory = directory()
            open(directory).use { spool ->
                repeat(5_000) { spool.append(it) }
                Files.list(directory).use { it.count() } shouldBeGreaterThan 4
                spool.acknowledge(5_000)
                spool.bytes() shouldBeLessThanOrEqual limits.segmentBytes()
                Files.list(directory).use { it.count() } shouldBe 3
            }
        }

        test("above its size the oldest entries are dropped and counted by kind, and the rest is complete") {
            val directory = directory()
            open(directory).use { spool ->
                repeat(20_000) { spool.append(it) }
                spool.bytes() shouldBeLessThanOrEqual MIB
                val dropped = spool.takeDropped()
                val rest = spool.rest()
                dropped.sum() shouldBeGreaterThan 0
                (dropped.max() - dropped.min()) shouldBeLessThanOrEqual 1
                rest shouldContainExactly (dropped.sum().toInt() until 20_000).toList()
                spool.takeDropped().sum() shouldBe 0
            }
        }

        test("entries that were acknowledged are not counted as dropped") {
            open(directory()).use { spool ->
                repeat(100) { spool.append(it) }
                spool.acknowledge(50)
                repeat(20_000) { spool.append(it) }
                val dropped = spool.takeDropped().sum()
                spool.end() - spool.acknowledged() + dropped shouldBe 20_050
            }
        }

        test("entries that are too old are dropped and counted") {
            open(directory()).use { spool ->
                now = 0
                repeat(3_000) { spool.append(it) }
                now = Duration.ofHours(2).toMillis()
                spool.append(3_000)
                spool.drop()
                val rest = spool.rest()
                spool.takeDropped().sum() + rest.size shouldBe 3_001
                rest.last() shouldBe 3_000
                rest.size.toLong() shouldBeLessThanOrEqual limits.segmentBytes() / 100
            }
        }

        test("an entry that was cut by the end of the process is left out, and the next one takes its place") {
            val directory = directory()
            open(directory).use { spool -> repeat(5) { spool.append(it) } }
            val file =
                Files.list(directory).use { all ->
                    all.filter { it.toString().endsWith(".spool") }.toList().single()
                }
            FileChannel.open(file, StandardOpenOption.WRITE).use { it.truncate(it.size() - 3) }
            open(directory).use { spool ->
                spool.append(9) shouldBe 4
                spool.rest() shouldContainExactly listOf(0, 1, 2, 3, 9)
            }
        }

        test("whatever is in the files, opening and reading ends with entries or an IOException") {
            checkAll(200, Arb.int()) { seed ->
                val random = Random(seed)
                val directory = directory()
                open(directory).use { spool -> repeat(random.nextInt(50)) { spool.append(it) } }
                Files.list(directory).use { it.toList() }.forEach { file ->
                    val bytes = Files.readAllBytes(file)
                    repeat(random.nextInt(4)) {
                        if (bytes.isNotEmpty()) {
                            bytes[random.nextInt(bytes.size)] =
                                random.nextInt().toByte()
                        }
                    }
                    Files.write(file, bytes.copyOf(random.nextInt(bytes.size + 1)))
                }
                try {
                    open(directory).use { spool ->
                        spool.append(1)
                        spool.rest()
                    }
                } catch (_: IOException) {
                    // as it should be
                }
            }
        }

        test("a second process is refused, and the message names the directory") {
            val directory = directory()
            open(directory).use {
                shouldThrow<IOException> { open(directory) }.message shouldContain
                    "open the spool $directory: another process has it open"
            }
            open(directory).close()
        }

        test("a directory that cannot be made is named") {
            val file = Files.createTempFile("nfkit", ".txt")
            shouldThrow<IOException> { open(file.resolve("spool")) }.message shouldContain "open the spool $file/spool"
            Files.delete(file)
        }

        test("only its owner can read it") {
            val directory = directory()
            open(directory).use { it.append(1) }
            Files.getPosixFilePermissions(directory) shouldBe PosixFilePermissions.fromString("rwx------")
            Files.list(directory).use { it.toList() }.filter { it.fileName.toString() != "lock" }.forEach {
                Files.getPosixFilePermissions(it) shouldBe PosixFilePermissions.fromString("rw-------")
            }
        }

        test("limits are checked where they are made") {
            shouldThrow<IllegalArgumentException> { SpoolLimits(1, Duration.ofHours(1)) }.message shouldContain "not 1"
            shouldThrow<IllegalArgumentException> { SpoolLimits(MIB, Duration.ZERO) }.message shouldContain "PT0S"
        }
    })
