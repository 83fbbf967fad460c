// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.anonymize

import dev.nfkit.samples.cli.nfkit
import dev.nfkit.samples.cli.trace
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File

private fun copy(
    dir: File,
    vararg options: String,
): File {
    val file = File.createTempFile("copy", ".pcapng", dir)
    val ran = nfkit("anonymize", trace("nflog-ipv4-icmp").toString(), file.path, *options)
    withClue(ran.err) { ran.code shouldBe 0 }
    return file
}

class AnonymizeSpec :
    FunSpec({
        test("the same key gives the same copy, another or no key gives another, and no key is in a copy") {
            val dir = tempdir()
            val text = "a key of twenty-five bytes"
            val key = File(dir, "key").apply { writeText(text) }
            val other = File(dir, "other").apply { writeText(text.uppercase()) }
            val first = copy(dir, "--key-file", key.path).readBytes().toList()
            copy(dir, "--key-file", key.path).readBytes().toList() shouldBe first
            copy(dir, "--key-file", other.path).readBytes().toList() shouldNotBe first
            copy(dir).readBytes().toList() shouldNotBe copy(dir).readBytes().toList()
            val seeded = copy(dir, "--seed", text)
            seeded.readBytes().toList() shouldBe copy(dir, "--seed", text).readBytes().toList()
            seeded.readBytes().toList() shouldNotBe first
            listOf(seeded, copy(dir, "--key-file", key.path)).forEach {
                it.readText(Charsets.ISO_8859_1) shouldNotContain text
            }
        }

        test("a key that cannot be used is refused before anything is written") {
            val dir = tempdir()
            val short = File(dir, "short").apply { writeText("fifteen bytes..") }
            val long = File(dir, "long").apply { writeBytes(ByteArray(65_537)) }
            val good = File(dir, "good").apply { writeBytes(ByteArray(32)) }
            val missing = File(dir, "missing").path
            val target = File(dir, "target")
            mapOf(
                listOf("--seed", "") to "the seed is empty",
                listOf("--key-file", short.path) to "a key of 16 to 65536 bytes is needed",
                listOf("--key-file", long.path) to "a key of 16 to 65536 bytes is needed",
                listOf("--key-file", missing) to "$missing: No such file or directory",
                listOf("--key-file", good.path, "--seed", "s") to "a seed is given too",
            ).forEach { (options, message) ->
                val anonymize = arrayOf("anonymize", trace("nflog-ipv4-icmp").toString(), target.path)
                val record = arrayOf("record", "-o", target.path, "--", "capture", "-i", "nflog:1")
                val recording = options.map { if (it == "--seed") "--anonymize" else it }
                val runs =
                    listOf(
                        nfkit(*anonymize, *options.toTypedArray()),
                        nfkit(*(record.take(3) + recording.joined() + record.drop(3)).toTypedArray()),
                    )
                runs.forEach {
                    withClue("$options ${it.err}") {
                        it.code shouldBe 2
                        it.err shouldContain message
                        target.exists() shouldBe false
                    }
                }
            }
        }
    })

/** The options, with the value of `--anonymize` after an equals sign, as it is optional. */
private fun List<String>.joined(): List<String> {
    val at = indexOf("--anonymize")
    return if (at < 0) this else take(at) + "--anonymize=${this[at + 1]}" + drop(at + 2)
}
