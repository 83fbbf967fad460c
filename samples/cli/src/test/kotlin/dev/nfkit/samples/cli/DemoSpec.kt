package dev.nfkit.samples.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import kotlin.time.Duration.Companion.seconds

class DemoSpec :
    FunSpec({
        test("a way into a namespace that hangs is given up").config(timeout = 30.seconds) {
            val stuck = DemoRoom(listOf("sh", "-c", "echo waiting; exec sleep 600"))
            stuck.tryOut(Duration.ofMillis(200)) shouldContain "does not end"
        }

        test("where no namespace can be made the demo says so and replays a recording, with code 0") {
            // Without a path there is no unshare.
            val ran = run(listOf("env", "PATH=/nowhere") + nfkitCommand.drop(2) + "demo")
            ran.code shouldBe 0
            ran.out shouldContain "does not let the demo make a network namespace"
            ran.out shouldContain "unshare is not there"
            ran.out shouldContain "UDP 10.9.0.1:45002 > 10.9.0.2:6000"
            ran.out shouldContain "2 packets in"
            val file =
                java.io.File(
                    ran.out
                        .substringAfter("tshark -r ")
                        .lines()
                        .first(),
                )
            file.isFile shouldBe true
            file.parentFile.deleteRecursively()
        }
    })
