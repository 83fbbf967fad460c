// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.agent

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.IOException

class HostAccountSpec :
    FunSpec({
        test("an account begins with what is open, and counts from there") {
            val account = HostAccount.open(tempdir().toPath().resolve("account"), 0)
            account.isNew shouldBe true
            account.begin("a", 1_000, 7)
            account.made(1_000) shouldBe 7
            account.made(1_005) shouldBe 12
        }

        test("an account goes on where another agent left it") {
            val file = tempdir().toPath().resolve("account")
            HostAccount.open(file, 0).run {
                begin("a", 1_000, 7)
                losing(3, 0)
                lost(1)
                alive(99, 1)
            }
            HostAccount.open(file, 1).run {
                isNew shouldBe false
                counts("a") shouldBe true
                counts("b") shouldBe false
                made(1_000) shouldBe 7
                unseen() shouldBe 3
                alive() shouldBe 99
            }
        }

        test("a loss counts once, whether the agent is killed before or after it is in the spool") {
            val file = tempdir().toPath().resolve("account")
            HostAccount.open(file, 0).run {
                begin("a", 0, 0)
                losing(3, 4)
            }
            HostAccount.open(file, 4).unseen() shouldBe 0
            HostAccount.open(file, 5).unseen() shouldBe 3
        }

        test("a file that is no account is refused with its name") {
            val file = tempdir().toPath().resolve("account")
            file.toFile().writeText("base=x\n")
            shouldThrow<IOException> { HostAccount.open(file, 0) }.message shouldContain file.toString()
        }
    })
