// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.demo

import dev.nfkit.samples.cli.nfkitCommand
import dev.nfkit.samples.cli.run
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import kotlin.time.Duration.Companion.seconds

class DemoSpec :
    FunSpec({
        test("a command that hangs while it makes a namespace is killed").config(timeout = 30.seconds) {
            val stuck = DemoNamespace(listOf("sh", "-c", "echo waiting; exec sleep 600"))
            stuck.tryOut(Duration.ofMillis(200)) shouldContain "does not end"
        }

        test("if no namespace can be made, the demo reports it and replays a recording, with code 0") {
            // Without a path, unshare is not found.
            val ran = run(listOf("env", "PATH=/nowhere") + nfkitCommand.drop(2) + "demo")
            ran.code shouldBe 0
            ran.out shouldContain "cannot make a network namespace"
            ran.out shouldContain "unshare was not found"
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
